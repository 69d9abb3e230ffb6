//! openssl as a program of the machine: its long computations can be stopped and copied anywhere, and what it makes holds
//! before the real program (with KUBARIUM_REALITY=1, where that is installed), and the other way round.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

use std::{fs, path::PathBuf, process::Command};

use kubarium_os::{
    ExitStatus, Flavour, HostCall, Machine, MachineSpec, Pid, SpawnOptions, Time, Volumes, harness, image,
};

fn machine() -> Machine {
    let mut root = image::base(Flavour::Gnu);
    root.make_dirs("/srv").expect("a fresh tree");
    let spec = MachineSpec { root, seed: 7, ..MachineSpec::default() };
    Machine::new(spec, Time::from_secs(1_767_603_600))
}

fn options(script: &str) -> SpawnOptions {
    let env = [("PATH", "/usr/local/bin:/usr/bin:/bin"), ("HOME", "/root"), ("LC_ALL", "C")];
    SpawnOptions {
        argv: ["bash", "-c", script].map(str::to_string).to_vec(),
        env: env.map(|(k, v)| (k.to_string(), v.to_string())).to_vec(),
        cwd: "/srv".to_string(),
        ..SpawnOptions::default()
    }
}

/// Runs a script on a machine that is there; what it says.
fn run(machine: &mut Machine, script: &str) -> String {
    let done =
        harness::run(machine, &mut Volumes::new(), &["bash", "-c", script], options(script), b"", 1_000_000);
    assert!(!done.stuck, "{script}");
    String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr)
}

/// Lets a machine run in slices until a process ends; how it ended.
fn finish(machine: &mut Machine, pid: Pid, slice: u64) -> ExitStatus {
    let (mut volumes, mut now) = (Volumes::new(), machine.now());
    for _ in 0..1_000_000 {
        let ran = machine.run(&mut volumes, now, slice);
        for call in machine.take_calls() {
            if let HostCall::Exited { pid: p, status } = call
                && p == pid
            {
                return status;
            }
        }
        if !ran.runnable && !machine.wants_run() {
            now = ran.next_wake.expect("something goes on");
        }
    }
    panic!("it never ends");
}

#[test]
fn a_machine_that_is_copied_while_it_makes_a_key_makes_the_same() {
    let mut original = machine();
    let mut volumes = Volumes::new();
    let pid = original.spawn(&mut volumes, options("openssl genrsa -out k 1280")).expect("bash is there");
    let mut copies = Vec::new();
    let now = original.now();
    for _ in 0..2 {
        original.run(&mut volumes, now, 1);
        copies.push(original.clone());
    }
    // All copies were made before the end.
    assert_eq!(original.take_calls(), []);
    assert_eq!(finish(&mut original, pid, 4_000), ExitStatus::Code(0));
    let key = run(&mut original, "cat k");
    assert!(key.starts_with("-----BEGIN PRIVATE KEY-----"));
    for (i, mut copy) in copies.into_iter().enumerate() {
        finish(&mut copy, pid, 4_000 + 1_777 * i as u64);
        assert_eq!(run(&mut copy, "cat k"), key, "copy {i}");
    }
}

#[test]
fn a_key_that_takes_too_long_can_be_killed() {
    let mut machine = machine();
    let script = "openssl genrsa -out k 16384 & echo begun; kill $!; wait $!; echo $?; ls";
    assert_eq!(run(&mut machine, script), "begun\n143\n");
}

/// Both programs in one folder: `ours` runs here, `theirs` runs in reality, and both say `want` in the end.
fn exchange(ours: &str, theirs: &str, want: &str) {
    let dir = std::env::temp_dir().join(format!("kubarium-openssl-{}", std::process::id()));
    let _old = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).expect("a folder");
    let mut machine = machine();
    let prepared = run(&mut machine, ours);
    for name in run(&mut machine, "ls").lines() {
        let text = run(&mut machine, &format!("openssl base64 -A -in {name}"));
        fs::write(dir.join(format!("{name}.b64")), text).expect("a writable folder");
    }
    let script = format!(
        "for f in *.b64; do openssl base64 -d -A -in $f -out ${{f%.b64}}; done; {{ {theirs}; }} 2>&1"
    );
    let Ok(done) = Command::new("bash").args(["-c", &script]).current_dir(&dir).output() else { return };
    let seen = String::from_utf8_lossy(&done.stdout).into_owned();
    let _gone = fs::remove_dir_all(PathBuf::from(&dir));
    assert_eq!(seen, want, "{ours}\n{prepared}");
}

#[test]
fn the_real_program_takes_what_is_made_here() {
    if std::env::var("KUBARIUM_REALITY").is_ok_and(|v| v == "1") {
        exchange(
            "openssl genrsa -out r 1024; openssl genpkey -algorithm ED25519 -out e; \
             openssl ecparam -name prime256v1 -genkey -noout -out p; openssl ecparam -name secp384r1 -genkey -out q; \
             openssl rsa -in r -traditional -out t; printf hello > f; \
             for k in r p q; do openssl dgst -sha256 -sign $k -out f.$k f; openssl pkey -in $k -pubout -out $k.pub; done; \
             for k in r e p q; do openssl req -x509 -new -key $k -subj /CN=ca-$k -days 9000 -out ca-$k; \
             openssl req -new -key p -subj /CN=leaf -addext subjectAltName=DNS:x,IP:1.2.3.4 -out csr; \
             openssl x509 -req -in csr -CA ca-$k -CAkey $k -CAcreateserial -days 8000 -extfile <(printf 'subjectAltName=DNS:x') -out leaf-$k; \
             openssl req -new -key $k -subj /CN=$k -out csr-$k; done",
            "openssl rsa -in r -check -noout; openssl rsa -in t -check -noout; for k in e p q; do openssl pkey -in $k -check -noout; done; \
             for k in r p q; do openssl dgst -sha256 -verify $k.pub -signature f.$k f; done; \
             for k in r e p q; do openssl verify -CAfile ca-$k ca-$k leaf-$k; openssl req -in csr-$k -verify -noout; done",
            "RSA key ok\nRSA key ok\nKey is valid\nKey is valid\nKey is valid\nVerified OK\nVerified OK\nVerified OK\n\
             ca-r: OK\nleaf-r: OK\nCertificate request self-signature verify OK\n\
             ca-e: OK\nleaf-e: OK\nCertificate request self-signature verify OK\n\
             ca-p: OK\nleaf-p: OK\nCertificate request self-signature verify OK\n\
             ca-q: OK\nleaf-q: OK\nCertificate request self-signature verify OK\n",
        );
    }
}

#[test]
fn what_the_real_program_makes_is_taken_here() {
    if std::env::var("KUBARIUM_REALITY").is_ok_and(|v| v == "1") {
        let dir = std::env::temp_dir().join(format!("kubarium-openssl-back-{}", std::process::id()));
        let _old = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).expect("a folder");
        let script = "openssl genrsa -out r 2048; openssl genpkey -algorithm ED25519 -out e; \
             openssl ecparam -name prime256v1 -genkey -noout -out p; openssl ecparam -name secp384r1 -genkey -out q; printf hello > f; \
             for k in r p q; do openssl dgst -sha256 -sign $k -out f.$k f; openssl pkey -in $k -pubout -out $k.pub; done; \
             for k in r e p q; do openssl req -x509 -new -key $k -subj /CN=ca-$k -days 9000 -out ca-$k; \
             openssl req -new -key p -subj /CN=leaf -out csr; openssl x509 -req -in csr -CA ca-$k -CAkey $k -set_serial 5 -out leaf-$k; done";
        let Ok(done) = Command::new("bash").args(["-c", script]).current_dir(&dir).output() else { return };
        let mut root = image::base(Flavour::Gnu);
        for entry in fs::read_dir(&dir).expect("a folder") {
            let path = entry.expect("a file").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            root.put_file(&format!("/srv/{name}"), fs::read(&path).expect("a file"), 0o644).expect("a name");
        }
        let _gone = fs::remove_dir_all(&dir);
        // Their certificates begin today.
        let today = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("a clock").as_secs() as i64;
        let mut machine =
            Machine::new(MachineSpec { root, ..MachineSpec::default() }, Time::from_secs(today + 60));
        let seen = run(
            &mut machine,
            "openssl rsa -in r -check -noout; for k in e p q; do openssl pkey -in $k -check -noout; done; \
             for k in r p q; do openssl dgst -sha256 -verify $k.pub -signature f.$k f; done; \
             for k in r e p q; do openssl verify -CAfile ca-$k ca-$k leaf-$k; done",
        );
        let want = "RSA key ok\nKey is valid\nKey is valid\nKey is valid\nVerified OK\nVerified OK\nVerified OK\n\
             ca-r: OK\nleaf-r: OK\nca-e: OK\nleaf-e: OK\nca-p: OK\nleaf-p: OK\nca-q: OK\nleaf-q: OK\n";
        assert_eq!(seen, want, "{}", String::from_utf8_lossy(&done.stderr));
    }
}
