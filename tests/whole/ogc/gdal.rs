//! GDAL, a client that others wrote, reads every collection.

use std::process::Command;

use super::{EPSG, collections, matched};
use crate::harness::{Server, escaped};

fn ogrinfo(arguments: &[&str]) -> String {
    let output = Command::new("ogrinfo").args(arguments).output().expect("gdal-bin is installed");
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && !err.contains("ERROR"), "{arguments:?}: {out}\n{err}");
    out.into_owned()
}

fn counted(summary: &str) -> u64 {
    let line = summary.lines().find_map(|l| l.strip_prefix("Feature Count: "));
    line.unwrap_or_else(|| panic!("{summary}")).parse().unwrap()
}

#[test]
fn ogrinfo_reads_every_collection_with_right_counts() {
    let server = Server::start();
    let source = format!("OAPIF:http://{}/ogc", server.authority());
    let listed = ogrinfo(&[&source]);
    for id in collections(&server) {
        assert!(listed.contains(&id), "{id}: {listed}");
        let total = matched(&server, &id, "");
        assert_eq!(counted(&ogrinfo(&["-so", &source, &id])), total, "{id}");
    }
    server.assert_log_clean();
}

/// Reads the features themselves, page after page, and asks with a box and a filter.
#[test]
fn ogrinfo_reads_the_features_and_filters_them() {
    let server = Server::start();
    let source = format!("OAPIF:http://{}/ogc", server.authority());
    let all = ogrinfo(&["-al", "-geom=SUMMARY", "-oo", "PAGE_SIZE=100", &source, "points"]);
    assert_eq!(all.matches("OGRFeature(points)").count() as u64, matched(&server, "points", ""));
    assert!(
        all.contains("Geometry: Point") && all.contains("observed_at: Date"),
        "{}",
        &all[..800]
    );
    let boxed = ogrinfo(&["-so", "-spat", "116.3", "39.9", "116.4", "40.0", &source, "points"]);
    assert_eq!(counted(&boxed), matched(&server, "points", "bbox=116.3,39.9,116.4,40.0"));
    let filtered = ogrinfo(&["-so", "-where", "category = 'library'", &source, "points"]);
    assert_eq!(counted(&filtered), matched(&server, "points", "category=library"));
    let districts = ogrinfo(&["-al", "-geom=SUMMARY", &source, "districts"]);
    assert_eq!(districts.matches("OGRFeature(districts)").count(), 16);
    assert!(!districts.contains("invalid"));
    // A page in another system is a file that GDAL reads.
    let path = format!("/ogc/collections/districts/items?crs={}", escaped(&format!("{EPSG}3857")));
    let page = format!("http://{}{path}", server.authority());
    let extent = ogrinfo(&["-so", "-al", &page]);
    assert!(extent.contains("Extent: (12"), "{extent}");
}
