# `nix run github:toolchainkit/toolchainkit`, and `nix profile install` for the programs, their completions and manual pages.
# `nix profile upgrade toolchainkit` updates them.
{
  description = "Generates CMake toolchain files and presets that make every build of a team use one compiler cache";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ];
      forAll = nixpkgs.lib.genAttrs systems;
      manifest = (nixpkgs.lib.importTOML ./Cargo.toml).package;
    in
    {
      packages = forAll (
        system:
        let
          pkgs = nixpkgs.legacyPackages.${system};
        in
        {
          default = pkgs.rustPlatform.buildRustPackage {
            pname = manifest.name;
            version = manifest.version;
            src = self;
            cargoLock.lockFile = ./Cargo.lock;
            nativeBuildInputs = [ pkgs.installShellFiles ];
            # The other tests need compilers, caches and servers.
            cargoTestFlags = [ "--lib" ];
            postInstall = ''
              $out/bin/toolchainkit man --out man1
              installManPage man1/*
              installShellCompletion --cmd toolchainkit \
                --bash <($out/bin/toolchainkit completions bash) \
                --zsh <($out/bin/toolchainkit completions zsh) \
                --fish <($out/bin/toolchainkit completions fish)
            '';
            meta = {
              description = manifest.description;
              homepage = manifest.homepage;
              license = with pkgs.lib.licenses; [ mit asl20 ];
              mainProgram = "toolchainkit";
            };
          };
        }
      );
      devShells = forAll (system: {
        default = nixpkgs.legacyPackages.${system}.mkShell {
          inputsFrom = [ self.packages.${system}.default ];
        };
      });
    };
}
