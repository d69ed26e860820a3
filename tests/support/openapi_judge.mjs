// Judges OpenAPI documents by Ajv, as a program of a partner's would read them: one JSON document on stdin, and on
// stdout a list of { at, what } with every pattern that is no ECMA-262 regular expression, every schema that Ajv cannot
// compile and every example that its own schema refuses, and how many were looked at.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.argv[2]}/`);
const Ajv = require("ajv/dist/2020").default;
const addFormats = require("ajv-formats").default;

const document = JSON.parse(readFileSync(0, "utf8"));
const faults = [], judged = { patterns: 0, schemas: 0, examples: 0 };
// OpenAPI's own words are no faults; Ajv compiles each pattern with the flag "u", as JSON Schema recommends.
const ajv = new Ajv({ strict: false, allErrors: true, validateSchema: true, discriminator: false });
addFormats(ajv);
ajv.addSchema({ $id: "document", components: document.components ?? {} });

const escaped = (part) => String(part).replaceAll("~", "~0").replaceAll("/", "~1");
const below = (at, part) => `${at}/${escaped(part)}`;
const isObject = (node) => node !== null && typeof node === "object" && !Array.isArray(node);

// The same schema stands in many places, as that of a problem in every refusal.
const compiled = new Map();
function compile(schema) {
  const text = JSON.stringify(schema).replaceAll('"#/components/', '"document#/components/');
  if (!compiled.has(text)) {
    try {
      compiled.set(text, { validate: ajv.compile(JSON.parse(text)) });
      judged.schemas += 1;
    } catch (error) {
      compiled.set(text, { error: error.message });
    }
  }
  return compiled.get(text);
}

function judgeExamples(schema, examples, at) {
  const { validate, error } = compile(schema);
  if (error) {
    faults.push({ at, what: `no schema: ${error}` });
    return;
  }
  for (const [name, example] of examples) {
    judged.examples += 1;
    if (!validate(example)) faults.push({ at: below(at, name), what: ajv.errorsText(validate.errors) });
  }
}

// Of a schema `examples` is a list, of a parameter or a media type an object of { value }; `example` is a value in both.
function examplesOf(node) {
  const found = [];
  if ("example" in node) found.push(["example", node.example]);
  if (Array.isArray(node.examples)) node.examples.forEach((each, index) => found.push([`examples/${index}`, each]));
  else if (isObject(node.examples)) {
    for (const [name, each] of Object.entries(node.examples)) if ("value" in each) found.push([`examples/${name}`, each.value]);
  }
  return found;
}

const MAPS = ["properties", "patternProperties", "$defs", "dependentSchemas"];
const LISTS = ["anyOf", "oneOf", "allOf", "prefixItems"];
const SINGLE = ["items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames", "unevaluatedProperties"];

function walkSchema(schema, at) {
  if (!isObject(schema)) return;
  for (const pattern of [schema.pattern, ...Object.keys(schema.patternProperties ?? {})].filter((each) => each !== undefined)) {
    judged.patterns += 1;
    try {
      new RegExp(pattern, "u");
    } catch (error) {
      faults.push({ at: below(at, "pattern"), what: error.message });
    }
  }
  const examples = examplesOf(schema);
  if (examples.length) judgeExamples(schema, examples, at);
  for (const key of MAPS) for (const [name, part] of Object.entries(schema[key] ?? {})) walkSchema(part, below(below(at, key), name));
  for (const key of LISTS) (schema[key] ?? []).forEach((part, index) => walkSchema(part, below(below(at, key), index)));
  for (const key of SINGLE) walkSchema(schema[key], below(at, key));
}

function walk(node, at) {
  if (Array.isArray(node)) return node.forEach((part, index) => walk(part, below(at, index)));
  if (!isObject(node)) return undefined;
  if (isObject(node.schema)) {
    walkSchema(node.schema, below(at, "schema"));
    judgeExamples(node.schema, examplesOf(node), at);
  }
  for (const [key, part] of Object.entries(node)) if (!["schema", "schemas", "example", "examples"].includes(key)) walk(part, below(at, key));
  return undefined;
}

for (const [name, schema] of Object.entries(document.components?.schemas ?? {})) walkSchema(schema, `/components/schemas/${escaped(name)}`);
for (const name of Object.keys(document.components?.schemas ?? {})) judgeExamples({ $ref: `#/components/schemas/${name}` }, [], `/components/schemas/${escaped(name)}`);
walk(document, "");
process.stdout.write(JSON.stringify({ faults, judged }));
