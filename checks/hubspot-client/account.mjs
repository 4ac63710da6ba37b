// What belongs to the account: owners, property definitions, and what it tells of itself.

import assert from 'node:assert/strict';

import { refused, step } from './step.mjs';

/** Reads the owners, and makes, changes and archives a property. */
export async function account(client) {
  await owners(client.crm.owners.ownersApi);
  await properties(client.crm.properties);
  await step('the account tells its time zone, and its call outcomes', async () => {
    const details = await (await client.apiRequest({ path: '/account-info/v3/details' })).json();
    assert.equal(typeof details.timeZone, 'string');
    const outcomes = await (await client.apiRequest({ path: '/calling/v1/dispositions' })).json();
    assert.ok(outcomes.some((outcome) => outcome.label === 'Connected'));
  });
}

async function owners(ownersApi) {
  await step('owners: paged, the archived ones apart', async () => {
    const first = await ownersApi.getPage(undefined, undefined, 2);
    const rest = await ownersApi.getPage(undefined, first.paging.next.after, 2);
    assert.deepEqual([first.results.length, rest.results.length, rest.paging], [2, 1, undefined]);
    const gone = await ownersApi.getPage(undefined, undefined, 100, true);
    assert.deepEqual(gone.results.map((owner) => [owner.archived, owner.userId ?? null]), [[true, null]]);
  });
  await step('owners: found by e-mail in any case, read by id and by user', async () => {
    const [ada] = (await ownersApi.getPage('ada@example.com')).results;
    assert.equal((await ownersApi.getById(Number(ada.id))).email, ada.email);
    assert.equal((await ownersApi.getById(ada.userId, 'userId')).id, ada.id);
    await refused(404, ownersApi.getById(42));
  });
}

async function properties({ coreApi, groupsApi, batchApi }) {
  const name = 'checked_key';
  await step('properties: all are listed, one is read with its options', async () => {
    const all = await coreApi.getAll('calls');
    assert.ok(all.results.some((property) => property.name === 'hs_call_disposition'));
    const direction = await coreApi.getByName('calls', 'hs_call_direction');
    assert.deepEqual(direction.options.map((option) => option.value), ['INBOUND', 'OUTBOUND']);
  });
  await step('properties: one is created, once', async () => {
    const definition = { name, label: 'Checked key', type: 'string', fieldType: 'text', groupName: 'call', hasUniqueValue: true };
    const made = await coreApi.create('calls', definition);
    assert.deepEqual([made.name, made.hasUniqueValue], [name, true]);
    const body = await refused(409, coreApi.create('calls', definition));
    assert.equal(body.subCategory, 'Properties.PROPERTY_WITH_NAME_EXISTS');
  });
  await step('properties: changed, read in a batch, archived', async () => {
    assert.equal((await coreApi.update('calls', name, { label: 'Key' })).label, 'Key');
    const read = await batchApi.read('calls', { inputs: [{ name }], archived: false });
    assert.equal(read.results[0].label, 'Key');
    await coreApi.archive('calls', name);
    const body = await refused(404, coreApi.getByName('calls', name));
    assert.equal(body.category, 'OBJECT_NOT_FOUND');
  });
  await step('properties: groups are made and listed', async () => {
    const made = await groupsApi.create('contacts', { name: 'checked', label: 'Checked', displayOrder: -1 });
    assert.equal(made.label, 'Checked');
    assert.ok((await groupsApi.getAll('contacts')).results.some((group) => group.name === 'checked'));
  });
}
