/** A backend around another at the SPI, to change one thing about it. */
import type {
  Backend,
  BackendInstance,
  BackendModule,
  BackendOptions,
  Capabilities,
  InstanceOptions,
} from '@colony/core';

/** What is different: any method of the backend, and of each instance. The rest goes through. */
export interface Changes {
  readonly backend?: (inner: Backend) => Partial<Backend>;
  readonly instance?: (inner: BackendInstance, options: InstanceOptions) => Partial<BackendInstance>;
  readonly options?: (options: InstanceOptions) => InstanceOptions;
}

/** Own properties first, then the inner object's, with its methods bound to it. */
function over<T extends object>(inner: T, changes: Partial<T>): T {
  return new Proxy(inner, {
    get(target, key) {
      if (Object.hasOwn(changes, key)) return changes[key as keyof T];
      const value = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
    has: (target, key) => Object.hasOwn(changes, key) || Reflect.has(target, key),
  });
}

/** A module named `name`: the given one with changes. It keeps the inner name at its snapshots' door. */
export function wrapBackend(inner: BackendModule, name: string, changes: Changes): BackendModule {
  const open = async (options: BackendOptions): Promise<Backend> => {
    const backend = await inner.open(options);
    const createInstance = async (given: InstanceOptions) => {
      const instance = await backend.createInstance(changes.options?.(given) ?? given);
      return over(instance, changes.instance?.(instance, given) ?? {});
    };
    return over(backend, { createInstance, ...changes.backend?.(backend) });
  };
  return { name, doctor: () => inner.doctor(), open };
}

/** The same backend with less: so that the refusals are tested too. */
export function withoutCapabilities(inner: BackendModule, name: string, less: Partial<Capabilities>): BackendModule {
  const gone = { runSync: undefined, snapshot: undefined };
  return wrapBackend(inner, name, {
    backend: (backend) => ({ capabilities: { ...backend.capabilities, ...less } }),
    instance: () => (less.callSync === false ? ({ runSync: gone.runSync } as unknown as Partial<BackendInstance>) : {}),
  });
}
