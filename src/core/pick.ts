/** An object with the field, unless the value is undefined: what has to survive JSON leaves it out. */
export function pick<Name extends string, T>(value: T | undefined, name: Name): Partial<Record<Name, T>> {
  return value === undefined ? {} : ({ [name]: value } as Record<Name, T>);
}
