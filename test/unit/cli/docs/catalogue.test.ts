import { createHash } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cataloguePage } from "../../../../cli/docs/catalogue-page.ts";
import { flowGraph } from "../../../../cli/docs/flow-graph.ts";
import type { TopicCatalogue } from "../../../../cli/docs/topic-catalogue.ts";
import { topicCatalogue } from "../../../../cli/docs/topic-catalogue.ts";
import { loadModel } from "../../../../components/model/load.ts";
import { expectRead } from "../../../../components/model/read.ts";
import { planPlatform } from "../../../../components/plan/plan.ts";

const { model, stack } = expectRead(await loadModel(join(import.meta.dirname, "../../../.."), "local"));
const catalogue = topicCatalogue(model, planPlatform(model, stack));
const page = (of: TopicCatalogue): string => cataloguePage(of, { title: "Topics", stack: "local" });

describe("the catalogue", () => {
  it("tells of a topic what its readers ask", () => {
    const topic = catalogue.topics.find(({ name }) => name === "order-events");
    expect(Object.fromEntries(topic?.settings ?? [])).toMatchObject({
      partitions: "30",
      key: "orderId",
      retention: "7d",
      replicas: "3, of which 2 in sync",
    });
    expect(topic?.consumers.find(({ service }) => service === "notification-service")).toMatchObject({
      instances: 8,
      also: ["notification-service.dlt", "notification-service.retry-10s", "notification-service.retry-5m"],
    });
    expect(topic?.events.find(({ name }) => name === "order.created")?.fields).toContainEqual({
      name: "items[].price",
      type: "double",
      doc: "Price of one piece, in the order's currency.",
    });
  });

  it("has each topic once, with an anchor, and needs nothing from elsewhere", () => {
    const html = page(catalogue);
    for (const { name } of catalogue.topics) expect(html.split(`<article id="${name}">`)).toHaveLength(2);
    expect(html).not.toMatch(/(?:src|href)="(?!#)/);
    expect(html).not.toMatch(/url\(|@import/);
  });

  it("allows its own script and style only", () => {
    const html = page(catalogue);
    for (const tag of ["script", "style"]) {
      const [, content = ""] = new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(html) ?? [];
      expect(html).toContain(`${tag}-src &#39;sha256-${createHash("sha256").update(content).digest("base64")}&#39;`);
    }
    expect(html).not.toMatch(/ style="| on\w+="/);
  });

  it("is the same for the same declaration", () => {
    expect(page(topicCatalogue(model, planPlatform(model, stack)))).toBe(page(catalogue));
  });

  it("shows what people typed as text, whatever it is", () => {
    const hostile = `"><script>alert('x')</script>&amp;`;
    const topic = {
      ...catalogue.topics[0],
      name: hostile,
      description: hostile,
      team: hostile,
      contact: hostile,
      domain: hostile,
      criticality: hostile,
      deprecated: hostile,
      declaredAt: hostile,
      settings: [[hostile, hostile] as const],
      events: [
        {
          name: hostile,
          record: hostile,
          doc: hostile,
          compatibility: hostile,
          fields: [{ name: hostile, type: hostile, doc: hostile }],
        },
      ],
      producers: [{ service: hostile, events: [hostile], quota: hostile }],
      consumers: [{ service: hostile, events: [hostile], instances: 1, quota: hostile, also: [hostile] }],
    };
    const html = cataloguePage({ topics: [topic] }, { title: hostile, stack: hostile });
    expect(html).not.toContain("<script>alert");
    expect(html.match(/<script>/g)).toHaveLength(1);
    expect(html).toContain("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;amp;");
  });
});

describe("the graph", () => {
  it("has a line for each writer and reader of each topic", () => {
    const lines = catalogue.topics.reduce((sum, topic) => sum + topic.producers.length + topic.consumers.length, 0);
    expect(flowGraph(catalogue).match(/class="flow"/g)).toHaveLength(lines);
  });

  it("shows domains where there are too many topics, and a line between two domains once", () => {
    const many: TopicCatalogue = {
      topics: Array.from({ length: 100 }, (_, index) => ({
        name: `t-${index}`,
        description: "",
        domain: `d-${index % 2}`,
        team: "t",
        contact: "c",
        criticality: "low",
        settings: [],
        events: [],
        declaredAt: "f:1",
        producers: [{ service: `s-${index % 2}`, events: [], quota: "" }],
        consumers: [{ service: `s-${(index + 1) % 2}`, events: [], instances: 1, quota: "", also: [] }],
      })),
    };
    const svg = flowGraph(many);
    expect(svg.match(/class="flow"/g)).toHaveLength(2);
    expect(svg).toContain('data-from="owns d-0" data-to="reads d-1"');
  });

  it("of nothing is empty", () => {
    expect(flowGraph({ topics: [] })).not.toContain("NaN");
  });
});
