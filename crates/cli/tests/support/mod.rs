//! Runs the program in a folder of its own.
#![allow(dead_code)] // every test file uses some of it
#![allow(clippy::print_stderr)] // says what it skips

pub mod marks;
pub mod node;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder with a tiny market in it, and what was printed so far.
pub struct Desk {
    /// The folder, removed at the end.
    pub folder: tempfile::TempDir,
    /// Everything printed.
    pub printed: String,
}

/// The lawful book of the tests; 1,234,567.89 is its mark.
pub const LAWFUL: &str = "account,instrument,quantity,entry_price
harbour/cross/main,USD,4234567.89,
harbour/cross/main,BTC,10.25,
harbour/cross/main,BTC-PERPETUAL,-600000,60500
vault/segregated/main,BTC,5.54321987,
administrator/fund/main,USD,-200000,
";

/// Gross exposure far above three times net asset value.
pub const UNLAWFUL: &str = "account,instrument,quantity,entry_price
harbour/cross/main,USD,1000000,
harbour/cross/main,BTC-PERPETUAL,-60000000,60000
vault/segregated/main,BTC,25,
administrator/fund/main,USD,-200000,
";

/// A mandate of three rules.
pub const MANDATE: &str = r#"
risk_model = "crypto-usd/1"
min_nav = "1_000 USD"
[[rule]]
id = "lev"
text = "Gross exposure is at most three times net asset value"
holds = "gross(all) <= 3 * nav"
[[rule]]
id = "margin"
text = "Worst losses of all underlyings and venues stay within net asset value"
holds = "sum(g in groups: worst(scenarios, g)) <= nav"
[[rule]]
id = "direction"
text = "No underlying is more than twice net asset value either way"
holds = "for u in underlyings: abs(net(u)) <= 200% * nav"
"#;

/// Accounts of the tiny market.
pub const ACCOUNTS: [&str; 3] = ["harbour/cross/main", "vault/segregated/main", "administrator/fund/main"];

/// Instant of the tests' snapshots.
pub const AS_OF: u64 = 1_790_000_000;

impl Desk {
    /// With mandate and snapshot.
    pub fn new() -> Self {
        let mut desk = Self { folder: tempfile::tempdir().unwrap(), printed: String::new() };
        desk.write("m.toml", MANDATE);
        desk.write("lawful.csv", LAWFUL);
        desk.write("unlawful.csv", UNLAWFUL);
        let as_of = AS_OF.to_string();
        desk.ok(&["snapshot", "example", "--size", "tiny", "--as-of", &as_of, "-o", "s.snap"]);
        desk
    }
    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
    /// Writes a file.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }
    /// Writes a file that its owner alone can read.
    pub fn write_private(&self, name: &str, text: &str) {
        self.write(name, text);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
    /// The program, ready to run: its home and temporary folders are inside the desk's, and it may talk as much as it likes.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mandate"));
        command
            .args(args)
            .current_dir(self.folder.path())
            .env("RUST_BACKTRACE", "full")
            .env("RUST_LOG", "trace");
        for name in ["HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"] {
            let folder = self.path(&format!("own-{}", name.to_lowercase()));
            std::fs::create_dir_all(&folder).unwrap();
            command.env(name, folder);
        }
        command
    }
    /// Runs the program.
    pub fn run(&mut self, args: &[&str]) -> Output {
        let out = self.command(args).output().unwrap();
        self.printed.push_str(&text(&out));
        out
    }
    /// Runs it and holds its exit code; gives all it printed.
    pub fn exits(&mut self, code: i32, args: &[&str]) -> String {
        let out = self.run(args);
        let all = text(&out);
        assert_eq!(out.status.code(), Some(code), "mandate {}\n{all}", args.join(" "));
        if code == 2 {
            assert!(all.contains("error: "), "mandate {}: exit 2 must say why\n{all}", args.join(" "));
        }
        all
    }
    /// Runs it to success; gives stdout.
    pub fn ok(&mut self, args: &[&str]) -> String {
        let out = self.run(args);
        assert_eq!(out.status.code(), Some(0), "mandate {}\n{}", args.join(" "), text(&out));
        String::from_utf8(out.stdout).unwrap()
    }
    /// Every account of a statement attested for `subject`, openings in the folder `out`.
    pub fn attest(&mut self, statement: &str, subject: &str, out: &str) {
        self.attest_with(statement, subject, out, &[]);
    }
    /// The same with more arguments.
    pub fn attest_with(&mut self, statement: &str, subject: &str, out: &str, more: &[&str]) {
        for (i, account) in ACCOUNTS.iter().enumerate() {
            let key = format!("{i}.key");
            if !self.path(&key).exists() {
                self.ok(&["attest", "new-key", "-o", &key]);
            }
            let own = format!("{subject} {account}");
            let args = [
                "attest",
                "--statement",
                statement,
                "-s",
                "s.snap",
                "--account",
                account,
                "--own-name",
                &own,
                "--subject",
                subject,
                "--key",
                &key,
                "--out",
                out,
            ];
            self.ok(&[&args, more].concat());
        }
    }
    /// Attests, and declares the accounts in `out.toml`.
    pub fn subject(&mut self, statement: &str, subject: &str, out: &str) {
        self.attest(statement, subject, out);
        let file = format!("{out}.toml");
        self.ok(&[
            "accounts",
            "declare",
            "--subject",
            subject,
            "-s",
            "s.snap",
            "--grade",
            "custodian",
            out,
            "-o",
            &file,
        ]);
    }
}

/// Stdout and stderr.
pub fn text(out: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
}

/// Every file below a folder.
pub fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, into);
        } else {
            into.push(path);
        }
    }
}
