/** Wraps a backend at its interface to core, to change one thing about it. */
import type {
  Backend,
  BackendInstance,
  BackendModule,
  BackendOptions,
  Capabilities,
  InstanceOptions,
} from '@colony/core';

/** Replaced methods of the backend and of each instance. The others are forwarded. */
export interface Changes {
  readonly backend?: (inner: Backend) => Partial<Backend>;
  readonly instance?: (inner: BackendInstance, options: InstanceOptions) => Partial<BackendInstance>;
  readonly options?: (options: InstanceOptions) => InstanceOptions;
}

/** Own properties take precedence over the inner object's; its methods stay bound to it. */
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

/** A module named `name`: the inner one with changes. Snapshots keep the inner name. */
export function wrapBackend(inner: BackendModule, name: string, changes: Changes): BackendModule {
  const open = async (options: BackendOptions): Promise<Backend> => {
    const backend = await inner.open(options);
    const createInstance = async (instanceOptions: InstanceOptions) => {
      const instance = await backend.createInstance(changes.options?.(instanceOptions) ?? instanceOptions);
      return over(instance, changes.instance?.(instance, instanceOptions) ?? {});
    };
    return over(backend, { createInstance, ...changes.backend?.(backend) });
  };
  return { name, doctor: () => inner.doctor(), open };
}

/** The same backend with fewer capabilities, so that the refusals are tested too. */
export function withoutCapabilities(inner: BackendModule, name: string, less: Partial<Capabilities>): BackendModule {
  const gone = { runSync: undefined, snapshot: undefined };
  return wrapBackend(inner, name, {
    backend: (backend) => ({ capabilities: { ...backend.capabilities, ...less } }),
    instance: () => (less.callSync === false ? ({ runSync: gone.runSync } as unknown as Partial<BackendInstance>) : {}),
  });
}
