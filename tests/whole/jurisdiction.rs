//! `/v1/locate` and `/v1/divisions`.

use crate::harness::Server;

#[test]
fn a_place_in_haidian_is_in_haidian() {
    let server = Server::start();
    let answer = server.json("/v1/locate?lon=116.31&lat=39.98");
    assert_eq!(answer["divisions"][0]["name"], "海淀区");
    assert_eq!(answer["divisions"][0]["level"], "district");
    assert_eq!(answer["divisions"][0]["quality"], "approximate");
    assert!(answer["divisions"][0]["distance_to_border_m"].as_f64().unwrap() > 1000.0);
    let zh = answer["sentence"]["zh"].as_str().unwrap();
    assert!(zh.contains("海淀区") && zh.contains("近似"), "{zh}");
    assert!(answer["sentence"]["en"].as_str().unwrap().contains("Haidian"));
    server.assert_log_clean();
}

#[test]
fn outside_the_city_nobody_is_named() {
    let server = Server::start();
    let answer = server.json("/v1/locate?lon=121.47&lat=31.23");
    assert_eq!(answer["match"], "outside");
    assert_eq!(answer["divisions"].as_array().unwrap().len(), 0);
    assert!(answer["responsible"].is_null());
}

#[test]
fn swapped_coordinates_are_pointed_out() {
    let server = Server::start();
    let answer = server.get("/v1/locate?lon=39.98&lat=116.31");
    assert_eq!(answer.problem(400), ["lon", "lat"]);
    assert!(answer.text().contains("lon=116.31&lat=39.98"));
}

#[test]
fn every_district_is_listed_and_holds_its_own_areas() {
    let server = Server::start();
    let list = server.json("/v1/divisions");
    let districts = list["divisions"].as_array().unwrap();
    assert_eq!(districts.len(), 16);
    let townships: usize = districts.iter().map(|d| d["children"].as_u64().unwrap() as usize).sum();
    assert!(townships >= 343, "{townships}");
    assert_eq!(
        server.json("/v1/divisions?level=township")["divisions"].as_array().unwrap().len(),
        343
    );
    assert_eq!(
        server.json("/v1/divisions?level=community")["divisions"].as_array().unwrap().len(),
        7535
    );

    let haidian = server.json("/v1/divisions/110108");
    assert_eq!(haidian["properties"]["name"], "海淀区");
    let ring = haidian["geometry"]["coordinates"][0][0].as_array().unwrap();
    assert_eq!(ring.first(), ring.last());
    let under = server.json("/v1/divisions?parent=110108&level=township");
    assert!(under["divisions"].as_array().unwrap().iter().all(|d| d["parent"] == "110108"));
    server.get("/v1/divisions/999999").problem(404);
    assert_eq!(server.get("/v1/divisions?parent=999999").problem(400), ["parent"]);
}
