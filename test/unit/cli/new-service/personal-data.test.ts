import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readProject } from "../../../../cli/new-service/project-reading.ts";
import { type NewServicePlan, planNewService } from "../../../../cli/new-service/service-plan.ts";
import { parseServiceTemplate, type ServiceTemplate } from "../../../../components/services/template.ts";

const project = await readProject(join(import.meta.dirname, "../../../.."));
const name = "fraud-check-service";
const textOf = (files: readonly { readonly path: string; readonly content: string | Buffer }[], path: string): string =>
  String(files.find((file) => file.path === path)?.content);
const declared = ({ changes }: NewServicePlan): ServiceTemplate =>
  parseServiceTemplate(name, textOf(changes.created, `service-templates/${name}/template.yaml`));

describe("personal data of a new service", () => {
  it.each(project.templates)("is declared as its template %s does, whose tables it has", (template) => {
    const plan = planNewService(project, { name, template, team: "risk" });
    const original = parseServiceTemplate(template, textOf(project.filesOf(template), "template.yaml"));
    expect(declared(plan).personalData).toEqual(original.personalData);
    // `kit erase` looks at every service with a database, and is incomplete where one says nothing.
    if (original.database !== undefined) expect(original.personalData, template).toBeDefined();
    expect(plan.notes.join("\n")).not.toContain("personalData");
    const migrations = plan.changes.created
      .filter(({ path }) => path.includes("/migrations/"))
      .map(({ content }) => String(content))
      .join("\n");
    for (const { table } of declared(plan).personalData?.tables ?? [])
      expect(migrations).toMatch(new RegExp(`CREATE TABLE (?:IF NOT EXISTS )?${table}\\b`, "u"));
  });

  it("is asked for where the template says nothing", () => {
    const silent = {
      ...project,
      filesOf: (template: string) =>
        project
          .filesOf(template)
          .map((file) =>
            file.path === "template.yaml"
              ? { ...file, content: String(file.content).replace(/^personalData:[\s\S]*$/mu, "") }
              : file,
          ),
    };
    expect(planNewService(silent, { name, template: "payment-service", team: "risk" }).notes.join("\n")).toContain(
      "declares no personalData",
    );
  });
});
