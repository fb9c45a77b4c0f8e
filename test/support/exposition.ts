import { createRequire } from 'node:module';

/** A metric family of the exposition format, as prom2json has it. */
interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly metrics: readonly { readonly value: string; readonly labels?: Readonly<Record<string, string>> }[];
}

/** A sample that was scraped. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

// It has no types.
const parse = createRequire(import.meta.url)('parse-prometheus-text-format') as (text: string) => readonly Family[];

/** A scrape, read by a parser that is independent of the library that wrote it. */
export class Exposition {
  readonly families: readonly Family[];

  constructor(text: string) {
    this.families = parse(text);
  }

  /** The samples of a metric that have these labels. */
  samples(name: string, labels: Readonly<Record<string, string>> = {}): Sample[] {
    const metrics = this.families.find((family) => family.name === name)?.metrics ?? [];
    return metrics
      .map((metric) => ({ labels: metric.labels ?? {}, value: Number(metric.value) }))
      .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value));
  }

  /** The value of the one sample that has these labels; null: there is none. @throws Error where there are several */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number | null {
    const [first, ...more] = this.samples(name, labels);
    if (more.length > 0) throw new Error(`${name} has ${more.length + 1} samples with ${JSON.stringify(labels)}`);
    return first?.value ?? null;
  }
}
