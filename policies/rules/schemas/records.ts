import * as z from "zod";
import { type Breach, type Rule, rule, ruleWith } from "../../rule.ts";
import { shapeOf, wholeShapeOf } from "./avro.ts";
import { logicalTypeFaults } from "./avro-logical-types.ts";

export const record = (fields: string, more = ""): string =>
  `{"type": "record", "name": "OrderCreated", "namespace": "com.example.events", "doc": "An order was placed."${more}, "fields": [{"name": "orderId", "type": "string", "doc": "Order."}${fields}]}`;

/** Rules on the records and fields of schemas. */
export const recordRules: readonly Rule[] = [
  rule({
    id: "schema-doc",
    subject: "schemas",
    level: "warning",
    summary: "Each record and each field of a schema is documented.",
    rationale:
      "Teams that never meet the author read the schema; a name alone does not show the unit, or whether an amount includes tax.",
    wrong: { schema: record(', {"name": "amount", "type": "double"}') },
    right: { schema: record(', {"name": "amount", "type": "double", "doc": "Total, taxes included."}') },
    checks: () => ({
      subject(subject) {
        const shape = shapeOf(subject);
        if (shape === undefined) return undefined;
        const missing = [
          ...shape.types
            .filter(({ kind, doc }) => kind === "record" && doc === undefined)
            .map(({ name }) => `the record ${name}`),
          ...shape.fields.filter(({ doc }) => doc === undefined).map(({ path }) => path),
        ];
        if (missing.length === 0) return undefined;
        const shown = missing.slice(0, 5).join(", ");
        return {
          message: `no doc: ${shown}${missing.length > 5 ? ` and ${missing.length - 5} more` : ""}`,
          fix: 'add "doc": "…" saying what it means and in which unit',
        };
      },
    }),
  }),
  rule({
    id: "schema-nullable",
    subject: "schemas",
    level: "warning",
    summary: "A nullable field has null as its first type and as its default.",
    rationale:
      "Without the default, adding or removing the field breaks consumers; in Avro, a default has the first type.",
    wrong: { schema: record(', {"name": "note", "type": ["string", "null"], "doc": "Remark."}') },
    right: { schema: record(', {"name": "note", "type": ["null", "string"], "doc": "Remark.", "default": null}') },
    checks: () => ({
      subject: (subject) =>
        shapeOf(subject)?.fields.flatMap(({ path, type, hasDefault, ...field }): Breach[] => {
          if (subject.schemaType === "JSON" || !Array.isArray(type) || !type.includes("null")) return [];
          if (type[0] === "null" && hasDefault && field.default === null) return [];
          return [
            {
              message: `${path} may be null, but ${type[0] === "null" ? "its default is not null" : "null is not its first type"}`,
              fix: `write "type": ["null", …], "default": null`,
            },
          ];
        }),
    }),
  }),
  rule({
    id: "schema-logical-type",
    subject: "schemas",
    level: "error",
    summary: "A logical type is one of Avro's and is on its base type, not on the field.",
    rationale: "Parsers ignore any other: a date becomes a number for some consumers, and a decimal loses its scale.",
    wrong: { schema: record(', {"name": "at", "type": "long", "logicalType": "timestamp-millis", "doc": "When."}') },
    right: {
      schema: record(', {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}, "doc": "When."}'),
    },
    checks: () => ({
      subject: (subject) =>
        subject.schema?.includes("logicalType") !== true || shapeOf(subject) === undefined
          ? undefined
          : logicalTypeFaults(subject.schema),
    }),
  }),
  rule({
    id: "schema-enum-default",
    subject: "schemas",
    level: "warning",
    summary: "An enum has a default symbol.",
    rationale: "A consumer that does not know a new symbol fails on the record, unless the enum has a default.",
    wrong: {
      schema: record(
        ', {"name": "channel", "type": {"type": "enum", "name": "Channel", "symbols": ["WEB", "APP"]}, "doc": "Where from."}',
      ),
    },
    right: {
      schema: record(
        ', {"name": "channel", "type": {"type": "enum", "name": "Channel", "symbols": ["OTHER", "WEB", "APP"], "default": "OTHER"}, "doc": "Where from."}',
      ),
    },
    checks: () => ({
      subject: (subject) =>
        shapeOf(subject)?.types.flatMap(({ kind, name, hasDefault }): Breach[] =>
          kind !== "enum" || hasDefault
            ? []
            : [
                {
                  message: `the enum ${name} has no default symbol`,
                  fix: 'add a symbol for what is not known yet, and name it as "default"',
                },
              ],
        ),
    }),
  }),
  ruleWith({
    id: "schema-name",
    subject: "schemas",
    level: "warning",
    summary: "A record has a PascalCase name and a lower-case namespace.",
    rationale: "Code generators use these names, in case-sensitive languages.",
    parameters: z.strictObject({ namespace: z.string().max(200).default("") }),
    wrong: {
      schema:
        '{"type": "record", "name": "order_created", "namespace": "com.example.Events", "doc": "An order was placed.", "fields": [{"name": "orderId", "type": "string", "doc": "Order."}]}',
    },
    right: { schema: record("") },
    checks: ({ namespace: prefix }) => ({
      subject(subject) {
        const shape = shapeOf(subject);
        if (shape === undefined) return undefined;
        const breaches: Breach[] = [];
        if (!/^[A-Z][A-Za-z0-9]*$/.test(shape.name))
          breaches.push({
            message: `the record is named ${JSON.stringify(shape.name)}`,
            fix: "use PascalCase, for example OrderCreated",
          });
        if (!/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/.test(shape.namespace) || !shape.namespace.startsWith(prefix)) {
          breaches.push({
            message: `the namespace is ${JSON.stringify(shape.namespace)}`,
            fix: prefix === "" ? "use lower-case words joined by dots" : `begin it with ${prefix}`,
          });
        }
        return breaches;
      },
    }),
  }),
  rule({
    id: "schema-key-type",
    subject: "schemas",
    level: "error",
    summary: "The key has one simple type, the same in each event of the topic.",
    rationale: "Records of one entity are in one partition only if their keys are the same bytes.",
    wrong: {
      schema:
        '{"type": "record", "name": "OrderCreated", "namespace": "com.example.events", "doc": "An order was placed.", "fields": [{"name": "orderId", "type": ["null", "string"], "default": null, "doc": "Order."}]}',
    },
    right: { schema: record("") },
    checks: () => ({
      subject(subject, { declarationOf }) {
        const key = subject.topic === undefined ? undefined : declarationOf(subject.topic)?.key;
        const field = key === undefined ? undefined : shapeOf(subject)?.fields.find(({ path }) => path === key);
        if (field === undefined) return undefined;
        const type =
          typeof field.type === "object" && field.type !== null && "type" in field.type ? field.type.type : field.type;
        if (
          type === "string" ||
          type === "long" ||
          type === "int" ||
          (type === "integer" && subject.schemaType === "JSON") ||
          (subject.schemaType === "PROTOBUF" && /^[su]?int(?:32|64)$|fixed(?:32|64)$/.test(String(type)))
        )
          return undefined;
        return {
          message: `the key ${field.name} has the type ${JSON.stringify(field.type)}`,
          fix:
            subject.schemaType === "PROTOBUF"
              ? "use string or a whole number"
              : subject.schemaType === "JSON"
                ? "use string or integer, without null"
                : "use string, int or long, without null",
        };
      },
      declaration: ({ model, plan }) => {
        const types = new Map<string, string>();
        const topics = new Map(model.domains.flatMap((domain) => domain.topics).map((topic) => [topic.name, topic]));
        return plan.subjects.flatMap((subject): Breach[] => {
          const key = topics.get(subject.topic)?.key;
          const type = key === undefined ? undefined : shapeOf(subject)?.fields.find(({ path }) => path === key)?.type;
          if (type === undefined) return [];
          const text = JSON.stringify(type);
          const first = types.get(subject.topic);
          if (first === undefined) types.set(subject.topic, text);
          return first === undefined || first === text
            ? []
            : [
                {
                  message: `the key of ${subject.eventType} has the type ${text}, but in another event of the topic it has ${first}`,
                  fix: "give the key one type",
                  object: subject.topic,
                  at: subject.source,
                },
              ];
        });
      },
    }),
  }),
  ruleWith({
    id: "schema-sensitive",
    subject: "schemas",
    level: "error",
    summary: "No event contains secrets or card data; personal identifiers need a classification.",
    rationale: "An event is copied to every consumer, dead-letter topic and backup.",
    parameters: z.strictObject({
      never: z
        .array(z.string())
        .default([
          "password",
          "passwd",
          "secret",
          "cvv",
          "cvc",
          "cardnumber",
          "pan",
          "pin",
          "privatekey",
          "accesstoken",
        ]),
      classified: z
        .array(z.string())
        .default([
          "iban",
          "ssn",
          "dateofbirth",
          "birthdate",
          "phone",
          "phonenumber",
          "email",
          "shippingaddress",
          "address",
        ]),
    }),
    wrong: { schema: record(', {"name": "cardNumber", "type": "string", "doc": "Card."}') },
    right: { schema: record(', {"name": "cardToken", "type": "string", "doc": "Reference at the payment provider."}') },
    checks: ({ never, classified }) => {
      const forbidden = new Set(never);
      const personal = new Set(classified);
      return {
        subject(subject, { declarationOf }) {
          const shape = wholeShapeOf(subject);
          if (shape === undefined) return undefined;
          const declaration = subject.topic === undefined ? undefined : declarationOf(subject.topic);
          const open =
            declaration !== undefined &&
            (declaration.classification === "public" || declaration.classification === "internal");
          return shape.fields.flatMap(({ path, name }): Breach[] => {
            const plain = name.toLowerCase().replaceAll("_", "");
            if (forbidden.has(plain))
              return [{ message: `${path} looks like a secret or card data`, fix: "send a reference instead" }];
            if (open && personal.has(plain))
              return [
                {
                  message: `${path} looks like personal data on a topic with classification ${declaration.classification}`,
                  fix: "classify the topic as confidential, or leave the field out",
                },
              ];
            return [];
          });
        },
      };
    },
  }),
];
