// Calls and meetings: the same steps for both, with the properties of each.

import assert from 'node:assert/strict';

import { refused, step } from './step.mjs';

const START = '2026-11-20T10:00:00.000Z';

/** What differs between the two; the type is the one from the activity to the contact. */
const KINDS = [
  {
    name: 'calls',
    type: 194,
    title: 'hs_call_title',
    full: { hs_timestamp: START, hs_call_title: 'Call with Lin', hs_call_direction: 'OUTBOUND', hs_call_duration: '61000', hs_call_status: 'COMPLETED', hs_call_to_number: '+33612345678', hs_call_disposition: 'f240bbac-87c9-4f6e-bf70-924b57d47db7' },
    wrong: { hs_timestamp: START, hs_call_direction: 'sideways' },
  },
  {
    name: 'meetings',
    type: 200,
    title: 'hs_meeting_title',
    full: { hs_timestamp: START, hs_meeting_title: 'Intro', hs_meeting_start_time: START, hs_meeting_end_time: '2026-11-20T10:30:00.000Z', hs_meeting_outcome: 'SCHEDULED' },
    wrong: { hs_timestamp: START, hs_meeting_outcome: 'sideways' },
  },
];

/** Leaves a call and a meeting of the contact, and returns their ids by name. */
export async function activities(client, contact) {
  const left = {};
  for (const kind of KINDS) {
    left[kind.name] = await one(client.crm.objects[kind.name], kind, contact);
  }
  return left;
}

async function one(api, kind, contact) {
  const { basicApi, searchApi } = api;
  const { name, title } = kind;
  const associations = [{ to: { id: contact }, types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: kind.type }] }];
  let id;
  await step(`${name}: one is created with its contact and an owner`, async () => {
    const made = await basicApi.create({ properties: { ...kind.full, hubspot_owner_id: '41629779' }, associations });
    assert.equal(made.properties[title], kind.full[title]);
    id = made.id;
  });
  await step(`${name}: one is read with its contact`, async () => {
    const read = await basicApi.getById(id, Object.keys(kind.full), undefined, ['contacts']);
    for (const [property, value] of Object.entries(kind.full)) assert.equal(plain(read.properties[property]), plain(value), property);
    assert.deepEqual(read.associations.contacts.results.map((end) => end.id), [contact]);
  });
  await step(`${name}: one is updated`, async () => {
    const changed = await basicApi.update(id, { properties: { [title]: 'Changed' } });
    assert.equal(changed.properties[title], 'Changed');
  });
  await step(`${name}: a wrong value, a wrong direction and a missing time are refused`, async () => {
    const wrong = await refused(400, basicApi.create({ properties: kind.wrong, associations: [] }));
    assert.equal(wrong.errors[0].code, 'INVALID_OPTION');
    const types = [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: kind.type - 1 }];
    await refused(400, basicApi.create({ properties: kind.full, associations: [{ to: { id: contact }, types }] }));
    const timeless = await refused(400, basicApi.create({ properties: { [title]: 'When?' }, associations: [] }));
    assert.deepEqual(timeless.context.properties, ['hs_timestamp']);
  });
  await step(`${name}: found by contact and time`, async () => {
    const filters = [{ propertyName: 'associations.contact', operator: 'EQ', value: contact }, { propertyName: 'hs_timestamp', operator: 'BETWEEN', value: START, highValue: START }];
    const found = await searchApi.doSearch({ filterGroups: [{ filters }], properties: [title], sorts: ['-hs_timestamp'], limit: 5 });
    assert.deepEqual(found.results.map((result) => result.id), [id]);
  });
  await batches(api, kind, associations);
  return id;
}

/** A time without its milliseconds where they are zero. */
const plain = (value) => value.replace('.000Z', 'Z');

async function batches({ basicApi, batchApi }, kind, associations) {
  const { name, title } = kind;
  let ids;
  await step(`${name}: a batch is created`, async () => {
    const inputs = [0, 1].map((n) => ({ objectWriteTraceId: `${n}`, properties: kind.full, associations }));
    const done = await batchApi.create({ inputs });
    assert.deepEqual([done.status, done.errors], ['COMPLETE', undefined]);
    ids = done.results.map((made) => made.id);
    assert.equal(ids.length, 2);
  });
  await step(`${name}: a batch is read`, async () => {
    const done = await batchApi.read({ inputs: ids.map((id) => ({ id })), properties: [title], propertiesWithHistory: [] });
    assert.deepEqual(done.results.map((read) => read.properties[title]), [kind.full[title], kind.full[title]]);
  });
  await step(`${name}: a batch is updated, without those that are missing`, async () => {
    const inputs = [...ids, '42'].map((id) => ({ id, properties: { [title]: 'In a batch' } }));
    const done = await batchApi.update({ inputs });
    assert.deepEqual(done.results.map((changed) => changed.properties[title]), ['In a batch', 'In a batch']);
    assert.deepEqual([done.numErrors, done.errors[0].category], [1, 'OBJECT_NOT_FOUND']);
  });
  await step(`${name}: paged`, async () => {
    const page = await basicApi.getPage(2, undefined, [title], undefined, ['contacts']);
    assert.equal(page.results.length, 2);
    const next = await basicApi.getPage(2, page.paging.next.after);
    assert.deepEqual([next.results.length, next.paging], [1, undefined]);
  });
  await step(`${name}: archived, in a batch and alone`, async () => {
    await batchApi.archive({ inputs: [{ id: ids[0] }] });
    await basicApi.archive(ids[1]);
    assert.equal((await basicApi.getPage()).results.length, 1);
    assert.equal((await basicApi.getPage(10, undefined, undefined, undefined, undefined, true)).results.length, 2);
  });
}
