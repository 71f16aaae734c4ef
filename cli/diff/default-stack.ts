import { access } from "node:fs/promises";
import { join } from "node:path";
import { stackFilePath } from "../../components/model/source-file.ts";

/** The default stack of a judgement: `prod` if the project has one, else `local`. */
export async function defaultStack(projectDir: string): Promise<string> {
  return access(join(projectDir, stackFilePath("prod"))).then(
    () => "prod",
    () => "local",
  );
}
