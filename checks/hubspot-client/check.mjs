// HubSpot's official Node client against an address that speaks HubSpot's API: `node check.mjs <origin>`.
// One line for each step; ends with another code than 0 at the first complaint.

import assert from 'node:assert/strict';

import { Client } from '@hubspot/api-client';

import { account } from './account.mjs';
import { activities } from './activities.mjs';
import { associations } from './associations.mjs';
import { contacts } from './contacts.mjs';
import { strict } from './shape.mjs';
import { refused, step } from './step.mjs';

const [origin] = process.argv.slice(2);
if (!origin) {
  console.error('usage: node check.mjs <origin>');
  process.exit(2);
}

const client = (accessToken) => strict(new Client({ accessToken, basePath: origin }));

await step('a wrong key is turned away', async () => {
  const body = await refused(401, client('pat-na1-wrong').crm.contacts.basicApi.getPage());
  assert.equal(body.category, 'INVALID_AUTHENTICATION');
});
const known = client('pat-na1-sandbox');
const contact = await contacts(known);
const left = await activities(known, contact);
await associations(known, contact, left);
await account(known);
