import type { StackSettings } from "../../model/stack/stack.ts";

/**
 * Returns the settings with the number of instances from `KIT_INSTANCES`, so that a local platform can run several
 * instances of each service without a change of the stack. A disabled service (`replicas: 0`) stays disabled.
 * @param services - Names of the templates. A service without settings has one instance.
 * @throws {RangeError} if the variable is not an integer from 1 to 10.
 */
export function instancesFrom(
  settings: StackSettings,
  services: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): StackSettings {
  const chosen = environment.KIT_INSTANCES;
  if (chosen === undefined || chosen === "") return settings;
  if (!/^([1-9]|10)$/.test(chosen))
    throw new RangeError(
      `KIT_INSTANCES is "${chosen}"; it must be a whole number from 1 to 10: instances of each service.`,
    );
  const replicas = Number(chosen);
  return {
    ...settings,
    services: Object.fromEntries(
      [...new Set([...Object.keys(settings.services), ...services])].map((name) => {
        const own = (Object.hasOwn(settings.services, name) ? settings.services[name] : undefined) ?? {};
        return [name, own.replicas === 0 ? own : { ...own, replicas }];
      }),
    ),
  };
}
