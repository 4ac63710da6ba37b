// Contacts: one by one, in batches, by search, by page.

import assert from 'node:assert/strict';

import { refused, step } from './step.mjs';

const EMAIL = 'lin.okafor@example.net';

/** Leaves one contact and returns its id. */
export async function contacts(client) {
  const { basicApi, batchApi, searchApi } = client.crm.contacts;
  let id;
  await step('a contact is created', async () => {
    const made = await basicApi.create({ properties: { email: 'Lin.Okafor@Example.net', firstname: 'Lin', phone: '+33612345678' } });
    assert.equal(made.properties.email, EMAIL);
    id = made.id;
  });
  await step('a contact is read by id, with the properties that were asked for', async () => {
    const read = await basicApi.getById(id, ['firstname', 'phone', 'lastname']);
    assert.deepEqual([read.properties.firstname, read.properties.phone, read.properties.lastname], ['Lin', '+33612345678', null]);
    assert.ok(read.createdAt instanceof Date);
  });
  await step('a contact is read by its e-mail', async () => {
    const read = await basicApi.getById(EMAIL, undefined, undefined, undefined, false, 'email');
    assert.equal(read.id, id);
  });
  await step('a contact is updated, by id and by its e-mail', async () => {
    const byId = await basicApi.update(id, { properties: { lastname: 'Okafor' } });
    assert.equal(byId.properties.lastname, 'Okafor');
    const byEmail = await basicApi.update(EMAIL, { properties: { firstname: 'Linnea' } }, 'email');
    assert.deepEqual([byEmail.id, byEmail.properties.firstname], [id, 'Linnea']);
  });
  await step('a second contact with the e-mail is a conflict that names the first', async () => {
    const body = await refused(409, basicApi.create({ properties: { email: EMAIL } }));
    assert.equal(body.category, 'CONFLICT');
    assert.ok(body.message.endsWith(`Existing ID: ${id}`), body.message);
  });
  await step('a value that does not fit is refused with its code', async () => {
    const body = await refused(400, basicApi.create({ properties: { email: 'no address' } }));
    assert.deepEqual([body.category, body.errors[0].code], ['VALIDATION_ERROR', 'INVALID_EMAIL']);
    assert.deepEqual(body.errors[0].context.propertyName, ['email']);
  });
  await step('an unknown contact is not found', async () => {
    const body = await refused(404, basicApi.getById('42'));
    assert.equal(body.message, 'resource not found');
  });
  await step('contacts are found by filters and by query', async () => {
    const filters = [{ propertyName: 'email', operator: 'EQ', value: EMAIL }];
    const found = await searchApi.doSearch({ filterGroups: [{ filters }], properties: ['email'], limit: 10 });
    assert.deepEqual([found.total, found.results[0].id], [1, id]);
    const listed = await searchApi.doSearch({ filterGroups: [{ filters: [{ propertyName: 'email', operator: 'IN', values: [EMAIL] }] }] });
    assert.equal(listed.total, 1);
    assert.equal((await searchApi.doSearch({ query: 'okafor' })).total, 1);
  });
  await batches(batchApi, id);
  await step('contacts are paged, with the cursor of the page before', async () => {
    const ids = [];
    let after;
    do {
      const page = await basicApi.getPage(2, after, ['email']);
      ids.push(...page.results.map((contact) => contact.id));
      after = page.paging?.next?.after;
    } while (after);
    assert.equal(ids.length, 4);
    assert.equal(new Set(ids).size, 4);
    assert.equal((await client.crm.contacts.getAll(2)).length, 4);
  });
  await step('found contacts are paged too', async () => {
    const first = await searchApi.doSearch({ filterGroups: [], sorts: ['createdate'], limit: 3 });
    const rest = await searchApi.doSearch({ filterGroups: [], sorts: ['createdate'], limit: 3, after: first.paging.next.after });
    assert.deepEqual([first.total, first.results.length, rest.results.length, rest.paging], [4, 3, 1, undefined]);
  });
  await endings(client.crm.contacts, id);
  return id;
}

async function batches(batchApi, id) {
  await step('a batch of contacts is created in part, each told by its trace id', async () => {
    const inputs = ['ana@example.net', EMAIL, 'bo@example.net'].map((email, n) => ({ objectWriteTraceId: `trace-${n}`, properties: { email }, associations: [] }));
    const done = await batchApi.create({ inputs });
    assert.equal(done.constructor.name, 'BatchResponseSimplePublicObjectWithErrors');
    assert.deepEqual(done.results.map((made) => made.objectWriteTraceId).sort(), ['trace-0', 'trace-2']);
    assert.equal(done.numErrors, 1);
    assert.deepEqual(done.errors[0].context, { objectWriteTraceId: ['trace-1'], existingId: [id] });
  });
  await step('a batch of contacts is read by e-mail, with one error for all that are missing', async () => {
    const asked = (ids) => ({ inputs: ids.map((one) => ({ id: one })), idProperty: 'email', properties: ['email'], propertiesWithHistory: [] });
    const all = await batchApi.read(asked([EMAIL, 'ana@example.net']));
    assert.deepEqual([all.status, all.results.length, all.numErrors], ['COMPLETE', 2, undefined]);
    const some = await batchApi.read(asked([EMAIL, 'nobody@example.net', 'no-one@example.net']));
    assert.deepEqual([some.results.length, some.numErrors, some.errors[0].context.ids.length], [1, 1, 2]);
  });
  await step('a batch of contacts is updated', async () => {
    const done = await batchApi.update({ inputs: [{ id, properties: { firstname: 'Lin' } }] });
    assert.equal(done.results[0].properties.firstname, 'Lin');
  });
  await step('a batch of contacts is upserted by e-mail: one updated, one new', async () => {
    const inputs = [EMAIL, 'cy@example.net'].map((email) => ({ id: email, idProperty: 'email', properties: { lastname: 'Upserted' } }));
    const done = await batchApi.upsert({ inputs });
    const isNew = Object.fromEntries(done.results.map((one) => [one.properties.email, one._new]));
    assert.deepEqual(isNew, { [EMAIL]: false, 'cy@example.net': true });
  });
}

async function endings({ basicApi, batchApi, searchApi }, id) {
  const others = (await searchApi.doSearch({ filterGroups: [{ filters: [{ propertyName: 'email', operator: 'NEQ', value: EMAIL }] }] })).results;
  const [one, other, last] = others.map((contact) => contact.id);
  await step('a merged contact reads as the one it was merged into', async () => {
    const merged = await basicApi.merge({ primaryObjectId: id, objectIdToMerge: one });
    assert.equal(merged.id, id);
    assert.equal((await basicApi.getById(one)).id, id);
  });
  await step('an archived contact is gone, and still reads as archived', async () => {
    await basicApi.archive(other);
    await refused(404, basicApi.getById(other));
    const read = await basicApi.getById(other, undefined, undefined, undefined, true);
    assert.deepEqual([read.archived, read.archivedAt instanceof Date], [true, true]);
  });
  await step('a batch of contacts is archived', async () => {
    await batchApi.archive({ inputs: [{ id: last }] });
    assert.equal((await basicApi.getPage(100)).results.length, 1);
  });
  await step('a contact is deleted for privacy', async () => {
    const made = await basicApi.create({ properties: { email: 'forget@example.net' } });
    await basicApi.purge({ objectId: 'forget@example.net', idProperty: 'email' });
    await refused(404, basicApi.getById(made.id));
  });
}
