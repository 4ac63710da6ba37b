// Answers held against the client's own models: it parses whatever comes, so what is missing or mistyped is looked for here.

import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);

/** What the models demand and HubSpot's live answers leave out or spell otherwise, with the reason. */
const LENIENT = {
  'StandardError.links': 'live entries of a 207 have no links',
  'StandardError.errors': 'live entries of a 207 have errors only for property values',
  'MultiAssociatedObjectWithLabel.toObjectId': "a number in the documents' examples",
};

/** The client with every answer checked before it is handed on. */
export function strict(client) {
  return new Proxy(client, {
    get(target, name) {
      const member = target[name];
      if (typeof member === 'function') {
        return async (...given) => {
          const answer = await member.apply(target, given);
          fits(answer, String(name));
          return answer;
        };
      }
      return member !== null && typeof member === 'object' ? strict(member) : member;
    },
  });
}

/** Complains of the first member of a model that is missing, or of another type than the model says. */
function fits(value, place) {
  if (Array.isArray(value)) {
    value.forEach((one, n) => fits(one, `${place}[${n}]`));
    return;
  }
  const model = value?.constructor;
  if (!model?.getAttributeTypeMap) return;
  const optional = optionals(model);
  for (const { name, type } of model.getAttributeTypeMap()) {
    const member = value[name];
    const at = `${place}.${name}`;
    if (`${model.name}.${name}` in LENIENT) continue;
    if (member === undefined || member === null) {
      if (!optional.has(name)) throw new Error(`${at} is missing: ${model.name} demands it`);
    } else if (!isOf(type, member)) {
      throw new Error(`${at} is ${JSON.stringify(member)}: ${model.name} says ${type}`);
    } else {
      fits(member, at);
    }
  }
}

function isOf(type, value) {
  if (type === 'Date') return value instanceof Date && !Number.isNaN(value.getTime());
  if (type.startsWith('Array<')) return Array.isArray(value);
  if (['string', 'number', 'boolean'].includes(type)) return typeof value === type;
  return true;
}

const seen = new Map();

/** The members that a model's declaration marks with a question mark. */
function optionals(model) {
  if (!seen.has(model)) {
    const home = Object.values(require.cache).find((file) => file.exports?.[model.name] === model && path.basename(file.id, '.js') === model.name);
    const declaration = fs.readFileSync(home.id.replace(/\.js$/, '.d.ts'), 'utf8');
    seen.set(model, new Set([...declaration.matchAll(/^\s+'(\w+)'\?:/gm)].map(([, name]) => name)));
  }
  return seen.get(model);
}
