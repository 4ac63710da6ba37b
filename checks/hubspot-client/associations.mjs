// Associations between a contact and its activities.

import assert from 'node:assert/strict';

import { refused, step } from './step.mjs';

const spec = (associationTypeId) => [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId }];

/** Takes apart and puts together what a contact and its call and meeting have. */
export async function associations(client, contact, { calls: call, meetings: meeting }) {
  const { basicApi, batchApi, schema } = client.crm.associations.v4;
  await step('associations: read from both ends, with the type of each direction', async () => {
    const there = await basicApi.getPage('calls', call, 'contacts');
    assert.deepEqual(ends(there.results), [[contact, 194]]);
    const back = await basicApi.getPage('contacts', contact, 'meetings');
    assert.deepEqual(ends(back.results), [[meeting, 199]]);
  });
  await step('associations: taken away and put back, by default and by type', async () => {
    await basicApi.archive('calls', call, 'contacts', contact);
    assert.deepEqual((await basicApi.getPage('calls', call, 'contacts')).results, []);
    const done = await basicApi.createDefault('calls', call, 'contacts', contact);
    assert.deepEqual([done.results[0]._from.id, done.results[0].associationSpec.associationTypeId], [call, 194]);
    const labels = await basicApi.create('meetings', meeting, 'contacts', contact, spec(200));
    assert.deepEqual([labels.fromObjectTypeId, labels.toObjectTypeId, labels.toObjectId], ['0-47', '0-1', contact]);
  });
  await step('associations: a contact that is not there is refused', async () => {
    await refused(404, basicApi.getPage('contacts', '42', 'calls'));
    const body = await refused(400, basicApi.createDefault('calls', call, 'contacts', '42'));
    assert.deepEqual(body.context.INVALID_OBJECT_IDS, ['CONTACT=42 is not valid']);
  });
  await step('associations: read in a batch, with an error for those without', async () => {
    const done = await batchApi.getPage('contacts', 'calls', { inputs: [{ id: contact }, { id: '42' }] });
    assert.deepEqual([done.results.length, done.results[0]._from.id, done.numErrors], [1, contact, 1]);
    assert.deepEqual(ends(done.results[0].to), [[call, 193]]);
  });
  await step('associations: archived and made in batches, by type and by default', async () => {
    const pair = { _from: { id: call }, to: { id: contact } };
    await batchApi.archive('calls', 'contacts', { inputs: [{ _from: { id: call }, to: [{ id: contact }] }] });
    const made = await batchApi.create('calls', 'contacts', { inputs: [{ ...pair, types: spec(194) }] });
    assert.equal(made.results[0].fromObjectId, call);
    await batchApi.archiveLabels('calls', 'contacts', { inputs: [{ ...pair, types: spec(194) }] });
    assert.deepEqual((await basicApi.getPage('contacts', contact, 'calls')).results, []);
    const done = await batchApi.createDefault('calls', 'contacts', { inputs: [pair] });
    assert.deepEqual([done.results.length, done.results[0].to.id, done.results[0].associationSpec.associationTypeId], [1, contact, 194]);
  });
  await step('associations: the types between calls and contacts are told', async () => {
    const types = await schema.definitionsApi.getAll('calls', 'contacts');
    assert.deepEqual(types.results.map((type) => [type.category, type.typeId]), [['HUBSPOT_DEFINED', 194]]);
  });
  await older(client.crm.associations, contact, call);
}

/** Version 3, which spells the type instead of numbering it. */
async function older({ batchApi, schema }, contact, call) {
  const pair = { _from: { id: call }, to: { id: contact }, type: 'call_to_contact' };
  await step('associations, version 3: read, archived and created in batches', async () => {
    const read = await batchApi.read('calls', 'contacts', { inputs: [{ id: call }] });
    assert.deepEqual([read.results[0]._from.id, read.results[0].to[0].id, read.results[0].to[0].type], [call, contact, pair.type]);
    await batchApi.archive('calls', 'contacts', { inputs: [pair] });
    const gone = await batchApi.read('calls', 'contacts', { inputs: [{ id: call }] });
    assert.deepEqual([gone.results.length, gone.numErrors], [0, 1]);
    const made = await batchApi.create('calls', 'contacts', { inputs: [pair] });
    assert.deepEqual([made.results[0].to.id, made.results[0].type], [contact, pair.type]);
  });
  await step('associations, version 3: the types are told by name', async () => {
    const types = await schema.typesApi.getAll('calls', 'contacts');
    assert.deepEqual(types.results.map((type) => [type.id, type.name]), [['194', 'call_to_contact']]);
  });
}

const ends = (results) => results.map((end) => [String(end.toObjectId), end.associationTypes[0].typeId]);
