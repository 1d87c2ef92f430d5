//! Files of the page's folder: what is served, and what is not.

use crate::{
    client::{serve, still},
    http::get,
};
use realtime_demo_server::Config;
use std::{fs, path::PathBuf};

/// A folder with a page, and things beside it that nobody is to see; it goes with this value.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("realtime-demo-files-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let inside = folder.join("dist");
        fs::create_dir_all(inside.join(".git")).unwrap();
        fs::create_dir_all(inside.join("snippets/a-1")).unwrap();
        for (file, text) in [
            ("secret", "hush"),
            ("dist/index.html", "<!doctype html><title>demo</title>"),
            ("dist/app-1_2.js", "let app;"),
            ("dist/snippets/a-1/inline0.js", "let snippet;"),
            ("dist/.env", "hush"),
            ("dist/.git/config", "hush"),
        ] {
            fs::write(folder.join(file), text).unwrap();
        }
        Self(folder)
    }

    fn dist(&self) -> PathBuf {
        self.0.join("dist")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn serve_dist(folder: &Folder) -> realtime_demo_server::RunningServer {
    serve(Config {
        dist: folder.dist(),
        ..still()
    })
    .await
}

#[tokio::test]
async fn what_begins_with_a_dot_is_not_served() {
    let folder = Folder::new("dots");
    let server = serve_dist(&folder).await;
    for (path, body) in [
        ("/app-1_2.js", "let app;"),
        ("/snippets/a-1/inline0.js", "let snippet;"),
    ] {
        let answer = get(&server, path).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, body), "{path}");
    }
    for path in [
        "/.env",
        "/%2eenv",
        "/.git/config",
        "/%2egit/config",
        "/.git%2fconfig",
        "//.env",
        "/snippets/../.env",
        "/snippets/..%2f.env",
        "/snippets/%2e%2e/.env",
        "/../secret",
        "/..%2fsecret",
        "/snippets\\..\\.env",
    ] {
        let answer = get(&server, path).await;
        assert!(!answer.body.contains("hush"), "{path}: {answer:?}");
        assert!(
            [400, 404].contains(&answer.status) || answer.body.contains("<title>"),
            "{path}"
        );
    }
}

#[cfg(unix)]
#[tokio::test]
async fn links_are_not_followed() {
    use std::os::unix::fs::symlink;

    let folder = Folder::new("links");
    symlink(folder.0.join("secret"), folder.dist().join("linked.js")).unwrap();
    symlink(&folder.0, folder.dist().join("up")).unwrap();
    symlink("app-1_2.js", folder.dist().join("inside.js")).unwrap();
    let server = serve_dist(&folder).await;
    for path in [
        "/linked.js",
        "/up/secret",
        "/up/dist/app-1_2.js",
        "/inside.js",
    ] {
        let answer = get(&server, path).await;
        assert!(
            !answer.body.contains("hush") && !answer.body.contains("let app"),
            "{path}: {answer:?}"
        );
    }
    fs::remove_file(folder.dist().join("index.html")).unwrap();
    symlink(folder.0.join("secret"), folder.dist().join("index.html")).unwrap();
    assert_eq!(get(&server, "/").await.status, 404);
}
