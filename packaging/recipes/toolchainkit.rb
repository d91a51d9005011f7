# The Homebrew formula, for a tap. `brew upgrade toolchainkit` updates it.
class Toolchainkit < Formula
  desc "Compiler cache for every CMake build of a team"
  homepage "@HOMEPAGE@"
  version "@VERSION@"
  license any_of: ["MIT", "Apache-2.0"]

  on_macos do
    on_arm do
      url "@REPOSITORY@/releases/download/v@VERSION@/toolchainkit-@VERSION@-aarch64-apple-darwin.tar.gz"
      sha256 "@SHA256-aarch64-apple-darwin@"
    end
    on_intel do
      url "@REPOSITORY@/releases/download/v@VERSION@/toolchainkit-@VERSION@-x86_64-apple-darwin.tar.gz"
      sha256 "@SHA256-x86_64-apple-darwin@"
    end
  end

  on_linux do
    on_arm do
      url "@REPOSITORY@/releases/download/v@VERSION@/toolchainkit-@VERSION@-aarch64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256-aarch64-unknown-linux-musl@"
    end
    on_intel do
      url "@REPOSITORY@/releases/download/v@VERSION@/toolchainkit-@VERSION@-x86_64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256-x86_64-unknown-linux-musl@"
    end
  end

  def install
    bin.install Dir["bin/*"]
    man1.install Dir["share/man/man1/*"]
    bash_completion.install "share/bash-completion/completions/toolchainkit"
    zsh_completion.install "share/zsh/site-functions/_toolchainkit"
    fish_completion.install "share/fish/vendor_completions.d/toolchainkit.fish"
    doc.install Dir["share/doc/toolchainkit/*"]
  end

  test do
    (testpath/"toolchainkit.yaml").write "cache: { tool: sccache }\n"
    system bin/"toolchainkit", "generate"
    assert_path_exists testpath/"cmake/toolchain.cmake"
    assert_match version.to_s, shell_output("#{bin}/toolchainkit-launch --about")
  end
end
