//! A marked book: its quantities and blindings stand in the openings and disclosures, and nowhere else: not on the screen, not
//! in an error, not in any file below the working, home and temporary folders, also after the program was killed.

mod support;
use mandate_attest::Opening;
use std::path::{Path, PathBuf};
use std::time::Instant;
use support::marks::Marks;
use support::{AS_OF, Desk, files, text};

/// Amounts that nobody writes by chance.
const BOOK: &str = "account,instrument,quantity,entry_price
harbour/cross/main,USD,4234567.89,
harbour/cross/main,BTC,10.25731946,
harbour/cross/main,BTC-PERPETUAL,-617280,60517.253
vault/segregated/main,BTC,5.54321987,
administrator/fund/main,USD,-200173.41,
";
const WRITTEN: [&str; 5] = ["4234567.89", "10.25731946", "60517.253", "5.54321987", "200173.41"];
/// The same amounts, and far too much risk.
const UNLAWFUL: &str = "account,instrument,quantity,entry_price
harbour/cross/main,USD,4234567.89,
harbour/cross/main,BTC,10.25731946,
harbour/cross/main,BTC-PERPETUAL,-61728390,60517.253
vault/segregated/main,BTC,5.54321987,
administrator/fund/main,USD,-200173.41,
";

struct Marked {
    desk: Desk,
    marks: Marks,
    now: String,
}

impl Marked {
    /// Attested twice, as `good` and `again`, and an unlawful book as `bad`.
    fn new() -> Self {
        let mut desk = Desk::new();
        std::fs::remove_file(desk.path("lawful.csv")).unwrap();
        std::fs::remove_file(desk.path("unlawful.csv")).unwrap();
        std::fs::create_dir(desk.path("own")).unwrap();
        desk.write_private("own/book.csv", BOOK);
        desk.write_private("own/unlawful.csv", UNLAWFUL);
        desk.subject("own/book.csv", "Example Fund", "good");
        desk.attest("own/book.csv", "Example Fund", "again");
        desk.subject("own/unlawful.csv", "Other Fund", "bad");
        let mut marks = Marks::default();
        for amount in WRITTEN {
            marks.text(amount, amount);
        }
        for folder in ["good", "again", "bad"] {
            let mut all = Vec::new();
            files(&desk.path(folder), &mut all);
            for path in all.iter().filter(|p| p.extension().is_some_and(|e| e == "opening")) {
                marks.opening(&path.display().to_string(), &Opening::read(path).unwrap());
            }
        }
        assert!(marks.len() > 300, "only {} spellings", marks.len());
        Self { desk, marks, now: (AS_OF + 60).to_string() }
    }
    /// Runs commands to the exit code each names.
    fn all(&mut self, list: &[(i32, &str)]) {
        for (code, line) in list {
            let line = line.replace("NOW", &self.now);
            let args: Vec<&str> = line.split(' ').collect();
            self.desk.exits(*code, &args);
            let mut json = vec!["--json"];
            json.extend(&args);
            self.desk.exits(*code, &json);
        }
    }
    /// No secret was printed, and none stands in a file that is not named as secret; those are their owner's alone.
    fn search(&self, secret: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
        let printed = self.desk.printed.as_bytes();
        assert_eq!(self.marks.find(printed), None, "a secret was printed:\n{}", self.desk.printed);
        assert!(!self.desk.printed.contains("panicked at"), "{}", self.desk.printed);
        let (mut all, mut held) = (Vec::new(), Vec::new());
        files(self.desk.folder.path(), &mut all);
        for path in all {
            if let Some(what) = self.marks.find(&std::fs::read(&path).unwrap()) {
                let inside = path.strip_prefix(self.desk.folder.path()).unwrap().to_owned();
                assert!(secret(&inside), "{} holds {what}", inside.display());
                owner_only(&path);
                held.push(inside);
            }
        }
        held
    }
}

#[cfg(unix)]
fn owner_only(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode, 0o600, "{} has mode {mode:04o}", path.display());
}

#[cfg(not(unix))]
fn owner_only(_: &Path) {}

/// Everything that may hold a secret: the test's own book, openings, disclosures.
fn is_secret(path: &Path) -> bool {
    path.starts_with("own") || path.extension().is_some_and(|e| e == "opening" || e == "disclosure")
}

const PROVE: &str = "prove m.toml -s s.snap -b good --accounts good.toml -o p.bundle";
const VERIFY: &str = "verify p.bundle -m m.toml -s s.snap --accounts good.toml --allow-dev-key --now NOW";

#[test]
fn a_marked_book_leaves_no_trace() {
    let mut marked = Marked::new();
    marked.all(&[
        (0, "check m.toml"),
        (0, "explain m.toml"),
        (0, "snapshot show s.snap --slots"),
        (0, "sheet m.toml -s s.snap -o sh"),
        (0, "evaluate m.toml -s s.snap -b good"),
        (0, "evaluate m.toml -s s.snap -b own/book.csv"),
        (1, "evaluate m.toml -s s.snap -b bad"),
        (0, PROVE),
        (1, "prove m.toml -s s.snap -b bad --accounts bad.toml -o q.bundle"),
        (0, VERIFY),
        (0, "export r1cs --shape t32 -o out/t32.r1cs"),
        (0, "export proof p.bundle -m m.toml -s s.snap -o out"),
        (0, "disclose account --opening good/vault_segregated_main.opening -o one.disclosure"),
        (0, "disclose all -b good -o all.disclosure"),
    ]);
    // The one command whose answer is the book: it is what its reader asked for, and shows that the search finds.
    let told =
        marked.desk.command(&["disclose", "verify", "all.disclosure", "-s", "s.snap"]).output().unwrap();
    assert!(told.status.success());
    assert!(marked.marks.find(text(&told).as_bytes()).is_some());

    assert!(marked.search(is_secret).len() >= 2 + 9 + 2, "every secret file is found to be one");
    let mut all = Vec::new();
    files(marked.desk.folder.path(), &mut all);
    let mut found = [0; 4];
    for path in &all {
        let name = path.file_name().unwrap().to_string_lossy();
        for (count, end) in found.iter_mut().zip([".opening", ".disclosure", ".key", ".ledger.json"]) {
            if name.ends_with(end) {
                owner_only(path);
                *count += 1;
            }
        }
    }
    assert_eq!(found, [9, 2, 3, 3], "openings, disclosures, keys, ledgers");
    for name in [
        "out/t32.r1cs",
        "out/public.json",
        "out/proof.json",
        "out/verification_key.json",
        "p.bundle",
        "params/t32.pk",
    ] {
        assert!(marked.desk.path(name).exists(), "{name} was searched");
    }
}

/// Every refusal that a book, an opening or a mix-up of files brings about.
#[test]
fn no_refusal_tells_an_amount() {
    let mut marked = Marked::new();
    marked.all(&[(0, PROVE)]);
    let head = "account,instrument,quantity,entry_price\n";
    let at = "harbour/cross/main";
    let broken = [
        format!("{head}{at},USD,4234567.89x,\n"),
        format!("{head}{at},USD,4234567.89123456789,\n"),
        format!("{head}{at},USD,42345678942345678942345678942345678.94234567,\n"),
        format!("{head}{at},USD,4234567894234567,\n"),
        format!("{head}{at},USD,\"4,234,567.89\",\n"),
        format!("{head}{at},USD,4234567.89,\n{at},USD,4234567.89,\n"),
        format!("{head}{at},DOGE,4234567.89,\n"),
        format!("{head}nowhere/at/all,USD,4234567.89,\n"),
        format!("{head}{at},BTC-PERPETUAL,-617280,-60517.253\n"),
        format!("{head}{at},BTC-PERPETUAL,-617280.5,60517.253\n"),
        format!("{head}{at},BTC-PERPETUAL,-617280,\n"),
        format!("{head}{at},USD,4234567.89,60517.253\n"),
        format!("{head}{at},USD,4234567.89,,,\n"),
        format!("{head}{at},BTC,-10.25731946,\n"),
        format!("{head}\"{at},USD,4234567.89,\n"),
        format!("{at},USD,4234567.89\n{at},BTC,10.25731946\n"),
    ];
    let json = [
        "4234567.89".to_owned(),
        "{\"accounts\": 4234567.89}".to_owned(),
        "{\"format\": 4234567.89}".to_owned(),
        "{\"accounts\": [{\"account\": \"harbour/cross/main\", \"positions\": [{\"instrument\": \"USD\", \"quantity\": 4234567.89, \"bogus\": 5.54321987}]}]}".to_owned(),
        "{\"accounts\": {\"harbour/cross/main\": {\"USD\": \"4234567.89\"".to_owned(),
        "[\"4234567.89\", 10.25731946]".to_owned(),
    ];
    // A book in the form of an account set, a list of attestors and a mandate.
    let toml = [
        "USD = 4234567.89",
        "\"4234567.89\" = \"USD\"",
        "4234567.89",
        "subject = 4234567.89",
        "subject = \"Fund\"\nversion = 4234567.89",
        "subject = \"Fund\"\nversion = \"4234567.89, expected 10.25731946\"",
        "account = 4234567.89",
        "[[account]]\nnetting_set = 4234567.89",
        "[[account]]\naccount = 4234567.89",
        "[[account]]\nUSD = \"4234567.89\"",
        "[[account]]\ngrade = \"4234567.89\"",
        "[[account]]\nUSD = 4234567.89\nUSD = 10.25731946",
        "attestor = 4234567.89",
        "[[attestor]]\naddress = 4234567.89",
        "[[attestor]]\ngrade = \"4234567.89\"",
        "[harbour.cross.main]\nUSD = 4234567.89\nBTC = 10.25731946x",
        "[[position]]\nquantity = 4234567.89,",
    ];
    for (i, body) in toml.iter().enumerate() {
        let name = format!("own/book{i}.toml");
        marked.desk.write_private(&name, body);
        marked.all(&[
            (2, &format!("prove m.toml -s s.snap -b good --accounts {name} -o q.bundle")),
            (2, &format!("verify p.bundle -m m.toml -s s.snap --accounts {name} --allow-dev-key")),
            (2, &format!("verify p.bundle -m m.toml -s s.snap --accounts good.toml --attestors {name} --allow-dev-key")),
            (2, &format!("check {name}")),
            (2, &format!("sheet {name} -s s.snap -o x")),
        ]);
    }
    let mut list = Vec::new();
    for (i, body) in broken.iter().enumerate() {
        list.push(format!("own/broken{i}.csv"));
        marked.desk.write_private(&list[i], body);
    }
    for (i, body) in json.iter().enumerate() {
        let name = format!("own/broken{i}.json");
        marked.desk.write_private(&name, body);
        list.push(name);
    }
    let mut refused = 0;
    for name in &list {
        for line in [
            format!("evaluate m.toml -s s.snap -b {name}"),
            format!(
                "attest --statement {name} -s s.snap --account harbour/cross/main --subject Fund --key 0.key --out own/x"
            ),
            format!(
                "evaluate m.toml -s s.snap -b {name} --account harbour/cross/main --round --ignore-unlisted-assets"
            ),
        ] {
            let before = marked.desk.printed.len();
            let out = marked.desk.run(&line.split(' ').collect::<Vec<_>>());
            if out.status.code() == Some(2) {
                refused += 1;
                continue;
            }
            // A book that can be read after all.
            let said = marked.desk.printed.split_off(before);
            assert!(matches!(out.status.code(), Some(0 | 1)), "mandate {line}: {}\n{said}", out.status);
            assert!(!said.contains("panicked at"), "mandate {line}\n{said}");
            let folder = marked.desk.path("own/x");
            if line.starts_with("attest") {
                let mut handed = Vec::new();
                files(&folder, &mut handed);
                for path in handed.iter().filter(|p| p.extension().is_some_and(|e| e == "opening")) {
                    marked.marks.opening(&path.display().to_string(), &Opening::read(path).unwrap());
                }
                assert_eq!(marked.marks.find(said.as_bytes()), None, "mandate {line}\n{said}");
            } else {
                // The net asset value, which here is the cash, is what `evaluate` is asked for; nothing else is.
                let found = marked.marks.find_but(said.as_bytes(), WRITTEN[0]);
                assert_eq!(found, None, "mandate {line}\n{said}");
            }
        }
    }
    assert!(refused >= 2 * list.len(), "{refused} of {} runs are refused", 3 * list.len());

    // Openings that are cut, altered, or beside another account's attestation.
    let whole = std::fs::read(marked.desk.path("good/vault_segregated_main.opening")).unwrap();
    for (i, at) in [20, 60, 100, whole.len() - 40, whole.len() - 1].into_iter().enumerate() {
        let folder = format!("own/cut{i}");
        std::fs::create_dir(marked.desk.path(&folder)).unwrap();
        let (mut altered, mut short) = (whole.clone(), whole.clone());
        altered[at] ^= 1;
        short.truncate(at);
        for (name, bytes) in [("altered", altered), ("short", short)] {
            // The copy keeps the opening's mode.
            let altered = marked.desk.path(&format!("{folder}/{name}.opening"));
            std::fs::copy(marked.desk.path("good/vault_segregated_main.opening"), &altered).unwrap();
            std::fs::write(&altered, bytes).unwrap();
            let beside = if i % 2 == 0 { "vault_segregated_main" } else { "harbour_cross_main" };
            std::fs::copy(
                marked.desk.path(&format!("good/{beside}.attestation")),
                marked.desk.path(&format!("{folder}/{name}.attestation")),
            )
            .unwrap();
            marked
                .all(&[(2, &format!("disclose account --opening {folder}/{name}.opening -o x.disclosure"))]);
        }
        marked.all(&[
            (2, &format!("evaluate m.toml -s s.snap -b {folder}")),
            (2, &format!("prove m.toml -s s.snap -b {folder} --accounts good.toml -o q.bundle")),
        ]);
    }

    // A secret file handed in as every other kind of file.
    marked.desk.ok(&["disclose", "all", "-b", "good", "-o", "own/all.disclosure"]);
    for secret in [
        "good/vault_segregated_main.opening",
        "own/all.disclosure",
        "own/book.csv",
        "own/broken3.json",
        "0.key",
    ] {
        for line in [
            "check F",
            "explain F",
            "snapshot show F",
            "sheet m.toml -s F -o x",
            "sheet F -s s.snap -o x",
            "evaluate m.toml -s F -b good",
            "prove F -s s.snap -b good --accounts good.toml -o q.bundle",
            "prove m.toml -s s.snap -b good --accounts F -o q.bundle",
            "prove m.toml -s s.snap -b good --accounts good.toml --key F -o q.bundle",
            "verify F -m m.toml -s s.snap --accounts good.toml --allow-dev-key",
            "verify p.bundle -m m.toml -s s.snap --accounts F --allow-dev-key",
            "verify p.bundle -m m.toml -s s.snap --accounts good.toml --vk F --allow-dev-key",
            "verify p.bundle -m m.toml -s s.snap --accounts good.toml --attestors F --allow-dev-key",
            "disclose verify F -s F",
            "export proof F -m m.toml -s s.snap -o x",
            "export proof p.bundle -m m.toml -s s.snap --vk F -o x",
            "attest --statement own/book.csv -s F --account harbour/cross/main --subject Fund --key 0.key --out own/x",
            "accounts declare --subject Fund -s F --grade custodian good -o x.toml",
        ] {
            let line = line.replace('F', secret);
            let line = line.replace(&format!("{secret}und"), "Fund");
            marked.all(&[(2, &line)]);
        }
    }
    marked.search(is_secret);
    let key = std::fs::read_to_string(marked.desk.path("0.key")).unwrap();
    assert!(!marked.desk.printed.contains(key.trim()), "a signing key was printed");
}

/// Runs of each command, at moments spread over its length, and how many of them must really have been cut short.
const TRIES: u32 = 10;
const KILLS: u32 = 6;

#[cfg(unix)]
fn was_killed(status: std::process::ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    status.signal().is_some()
}

#[cfg(not(unix))]
fn was_killed(status: std::process::ExitStatus) -> bool {
    !status.success()
}

/// Killed at any moment, nothing is left behind but whole files and temporary ones that their owner alone can read.
#[test]
fn killed_in_the_middle() {
    let mut marked = Marked::new();
    marked.all(&[(0, PROVE)]);
    let commands = [
        "prove m.toml -s s.snap -b good --accounts good.toml -o killed/p.bundle",
        "attest --statement own/book.csv -s s.snap --account harbour/cross/main --own-name K --subject Killed --key 0.key --out killed",
        "disclose all -b good -o killed/all.disclosure",
    ];
    for line in commands {
        let args: Vec<&str> = line.split(' ').collect();
        std::fs::create_dir_all(marked.desk.path("killed")).unwrap();
        let start = Instant::now();
        marked.desk.ok(&args);
        let mut longest = start.elapsed();
        std::fs::remove_dir_all(marked.desk.path("killed")).unwrap();
        std::fs::create_dir(marked.desk.path("killed")).unwrap();
        let mut killed = 0;
        for i in 0u32.. {
            if i >= TRIES && killed >= KILLS {
                break;
            }
            // One in ten is killed at once, before it can have ended.
            assert!(i < 30 * KILLS, "only {killed} of {i} runs of `{line}` could be killed");
            let mut child = marked
                .desk
                .command(&args)
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(longest * (i % TRIES) / TRIES);
            child.kill().unwrap();
            match child.wait().unwrap() {
                status if was_killed(status) => killed += 1,
                status => {
                    assert!(status.success(), "{line}: {status}");
                    // It was faster than the run before: sooner next time.
                    longest = longest * 3 / 4;
                }
            }
        }
        let bundle = marked.desk.path("killed/p.bundle");
        if bundle.exists() {
            marked.all(&[(0, &VERIFY.replace("p.bundle", "killed/p.bundle"))]);
        }
        let left = |path: &Path| is_secret(path) || path.starts_with("killed");
        for path in marked.search(left) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            assert!(is_secret(&path) || name.starts_with(".tmp"), "{} holds a secret", path.display());
        }
    }
}
