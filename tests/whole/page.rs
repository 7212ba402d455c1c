//! The page that is built into the program.

use crate::harness::Server;

#[test]
fn the_page_and_everything_it_loads_come_from_this_server() {
    let server = Server::start();
    let page = server.get("/");
    assert_eq!(page.status, 200);
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    let html = page.text();
    assert!(!html.contains("http://") && !html.contains("https://"), "{html}");
    let assets: Vec<&str> = html.split('"').filter(|part| part.starts_with("/assets/")).collect();
    assert!(assets.len() >= 2, "{html}");
    for path in assets {
        let asset = server.get(path);
        assert_eq!(asset.status, 200, "{path}");
        assert!(asset.header("cache-control").contains("immutable"), "{path}");
    }
    server.get("/assets/nothing.js").problem(404);
    server.assert_log_clean();
}
