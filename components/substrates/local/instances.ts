import type { StackSettings } from "../../model/stack/stack.ts";

/**
 * Settings with the number of instances that `KIT_INSTANCES` asks for, so that a platform on one machine can be tried
 * out with several instances of each service without a change of the stack. A service that is switched off
 * (`replicas: 0`) stays off.
 * @param services - Names of the templates: a service without settings of its own has one instance.
 * @throws {RangeError} when the variable is not a whole number from 1 to 10.
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
