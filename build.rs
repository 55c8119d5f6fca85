//! Compiles the C shims between Rust and the engine's macros (`src/php/*.c`), for the PHP that `php-config` names.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    #[cfg(feature = "php")]
    shim::compile();
    #[cfg(feature = "php")]
    lockfile::tell();
}

/// The versions of the libraries that `phpinfo()` shows, as `WS_…`.
#[cfg(feature = "php")]
mod lockfile {
    const SHOWN: [&str; 3] = ["rustls", "aws-lc-rs", "zlib-rs"];

    pub fn tell() {
        println!("cargo:rerun-if-changed=Cargo.lock");
        let text = std::fs::read_to_string("Cargo.lock").expect("Cargo.lock is there: it is committed");
        let lines: Vec<&str> = text.lines().collect();
        for name in SHOWN {
            let place = lines.iter().position(|line| *line == format!("name = \"{name}\""));
            let version = place.and_then(|at| lines[at + 1].strip_prefix("version = \"")?.strip_suffix('"'));
            let version = version.unwrap_or_else(|| panic!("{name} has a version in Cargo.lock"));
            println!("cargo:rustc-env=WS_{}={version}", name.to_uppercase().replace('-', "_"));
        }
    }
}

#[cfg(feature = "php")]
mod shim {
    use std::process::Command;

    const SOURCES: [&str; 8] = [
        "src/php/shim.c",
        "src/php/call.c",
        "src/php/parameters.c",
        "src/php/borrowed.c",
        "src/php/json.c",
        "src/php/pieces.c",
        "src/php/stream.c",
        "src/php/class/classes.c",
    ];
    const HEADERS: [&str; 1] = ["src/php/shim.h"];

    pub fn compile() {
        for file in SOURCES.iter().chain(&HEADERS) {
            println!("cargo:rerun-if-changed={file}");
        }
        println!("cargo:rerun-if-env-changed=PHP_CONFIG");
        println!("cargo:rerun-if-env-changed=PATH");
        println!("cargo:rustc-check-cfg=cfg(php_zts)");
        if has_threads() {
            println!("cargo:rustc-cfg=php_zts");
        }

        let mut build = cc::Build::new();
        for flag in php_config("--includes").split_whitespace() {
            build.flag(flag);
        }
        build
            .files(SOURCES)
            .std("gnu11")
            .opt_level(2)
            .flag_if_supported("-fvisibility=hidden")
            // The engine's own headers are full of unused parameters.
            .flag_if_supported("-Wno-unused-parameter")
            .compile("ws_server_shim");

        // The engine's symbols are found when PHP loads the module; only macOS has to be told.
        if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("macos") {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-undefined,dynamic_lookup");
        }
    }

    /// Whether this PHP may have several threads (ZTS).
    fn has_threads() -> bool {
        let program = php_config("--php-binary");
        let answer = Command::new(&program).args(["-n", "-r", "echo PHP_ZTS;"]).output();
        match answer {
            Ok(output) if output.status.success() => output.stdout == b"1",
            _ => panic!("{program} does not run: php-config and PHP do not belong together"),
        }
    }

    /// Asks the same `php-config` that ext-php-rs asks.
    fn php_config(question: &str) -> String {
        let program = std::env::var("PHP_CONFIG").unwrap_or_else(|_| "php-config".to_owned());
        match Command::new(&program).arg(question).output() {
            Ok(output) if output.status.success() => {
                String::from_utf8_lossy(&output.stdout).trim().to_owned()
            }
            Ok(output) => {
                panic!("{program} {question} failed: {}", String::from_utf8_lossy(&output.stderr).trim())
            }
            Err(error) => panic!(
                "{program}: {error}. Install PHP's development files (Debian: apt install php-dev), \
                 or set PHP_CONFIG, or build the core alone with --no-default-features."
            ),
        }
    }
}
