"""Asks a server as the client `georeport` does, in both formats, and holds every answer of
JSON against the schemas that were written from the specification. Prints what it has made."""

import functools
import json
import pathlib
import sys

import jsonschema
import requests
import xmltodict
from georeport import GeoReport

base, key = sys.argv[1:]
here = pathlib.Path(__file__).parent


def check(name, value):
    schema = json.loads((here / "schemas" / f"{name}.json").read_text())
    jsonschema.validate(value, schema, jsonschema.Draft202012Validator)
    return value


# The client sends its key with no question; whoever uses it sets the header for all of them.
bearer = {"Authorization": f"Bearer {key}"}
requests.get = functools.partial(requests.get, headers=bearer)
root = f"{base}/open311/v2"

found = check("discovery", requests.get(f"{root}/discovery.json").json())
assert found["endpoints"][0]["url"] == root, found
json_client = GeoReport(root, jurisdiction="example", output_format="json")
xml_client = GeoReport(root, output_format="xml")

services = check("services", json_client.get_service_list())
codes = [service["service_code"] for service in services]
assert codes == [service["service_code"] for service in xml_client.get_service_list()]
assert "heat_service" in codes
definition = check("service", json_client.get_service_definition("heat_service"))
assert xml_client.get_service_definition("heat_service")["service_code"] == definition["service_code"]

made = []
for fields in [
    {"lat": "39.93", "long": "116.42", "description": "暖气 <不热> & \"冷\"", "email": "", "phone": "1"},
    {"address_string": "中关村大街", "first_name": "A", "last_name": "B", "email": "a@example.org"},
]:
    answer = requests.post(f"{root}/requests.json", data={"service_code": "heat_service", "api_key": key, **fields})
    assert answer.status_code == 201, answer.text
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    made.append(check("made", answer.json())[0]["service_request_id"])

ids = ",".join(made)
both = check("requests", json_client.get_service_requests(service_request_id=ids, status="closed"))
assert [request["service_request_id"] for request in both] == made
assert both[0]["description"] == "暖气 <不热> & \"冷\"" and both[0]["lat"] == 39.93, both
assert both[1]["lat"] is not None, "the address was found"
for one, other in zip(both, xml_client.get_service_requests(service_request_id=ids)):
    for name, value in one.items():
        if isinstance(value, float):
            assert float(other[name]) == value, name
        else:
            assert other[name] == value, (name, value, other[name])
single = check("requests", [json_client.get_service_request(made[0])])
assert single[0] == both[0]
assert xml_client.get_service_request(made[0])["service_request_id"] == made[0]
check("token", requests.get(f"{root}/tokens/{made[0]}.json").json())
token = xmltodict.parse(requests.get(f"{root}/tokens/{made[0]}.xml").content)
assert token["service_requests"]["request"]["token"] == made[0]

for path, status in [
    ("services/nothing.json", 404),
    ("requests/nothing.json", 404),
    ("requests.json?start_date=2026-01-01T00:00:00Z&end_date=2026-06-01T00:00:00Z", 400),
    ("requests.json?status=lost&page=0&bbox=1&colour=red", 400),
]:
    answer = requests.get(f"{root}/{path}")
    assert answer.status_code == status, answer.text
    errors = check("errors", answer.json())
    assert all(error["code"] == str(status) for error in errors), errors
    as_xml = requests.get(f"{root}/{path.replace('.json', '.xml')}")
    assert as_xml.headers["content-type"] == "text/xml; charset=utf-8"
    assert as_xml.content.startswith(b'<?xml version="1.0" encoding="utf-8"?><errors>')
    first = xmltodict.parse(as_xml.content, force_list=("error",))["errors"]["error"]
    assert [dict(error) for error in first] == errors, first
print(json.dumps(made))
