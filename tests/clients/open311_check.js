// Asks a server as the client `open311` of npm does, and prints what it has made.

const assert = require('node:assert');
const { promisify } = require('node:util');
const Open311 = require('open311');

const [base, apiKey] = process.argv.slice(2);

async function main() {
  const client = new Open311({ discovery: `${base}/open311/v2/discovery.json`, apiKey });
  const call = (name, ...args) => promisify(client[name]).call(client, ...args);
  const found = await call('serviceDiscovery', { cache: true });
  assert.strictEqual(found.endpoints[0].type, 'production');
  assert.strictEqual(client.endpoint, `${base}/open311/v2/`);
  const services = await call('serviceList');
  assert.ok(services.some((service) => service.service_code === 'heat_service'));
  const definition = await call('serviceDefinition', 'heat_service');
  assert.deepStrictEqual(definition.attributes, []);
  const [made] = await call('submitRequest', {
    service_code: 'heat_service',
    lat: 39.93,
    long: 116.42,
    description: '暖气不热',
  });
  const id = made.service_request_id;
  const [one] = await call('serviceRequests', id, { api_key: apiKey });
  assert.strictEqual(one.description, '暖气不热');
  assert.ok(one.requested_datetime instanceof Date && !Number.isNaN(+one.requested_datetime));
  const [same] = await call('serviceRequests', [id, 'nobody'], { api_key: apiKey });
  assert.strictEqual(same.service_request_id, id);
  await assert.rejects(call('submitRequest', { service_code: 'castle', lat: 39.93, long: 116.42 }));
  await assert.rejects(call('serviceRequests', id, {}), 'it needs a key');
  console.log(JSON.stringify([id]));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
