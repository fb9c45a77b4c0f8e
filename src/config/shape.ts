import { z } from 'zod';
import type { Json } from '../core/json.js';
import type { Path, ProblemCode } from './problems.js';

/** The part of a JSON schema that is used here. `secret` and `problem` are our own marks, set by `.meta()`. */
export interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly additionalProperties?: boolean | Shape;
  readonly items?: Shape;
  readonly prefixItems?: readonly Shape[];
  readonly anyOf?: readonly Shape[];
  readonly oneOf?: readonly Shape[];
  readonly allOf?: readonly Shape[];
  readonly $ref?: string;
  readonly description?: string;
  readonly $defs?: Readonly<Record<string, Shape>>;
  readonly secret?: boolean;
  readonly problem?: ProblemCode;
}

const shapes = new WeakMap<z.ZodType, Shape>();

/** A schema's input as a JSON schema. */
export function shapeOf(schema: z.ZodType): Shape {
  let shape = shapes.get(schema);
  if (shape === undefined) {
    shape = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Shape;
    shapes.set(schema, shape);
  }
  return shape;
}

/** Every alternative of the schema at a path; empty where it does not say. */
export function shapesAt(root: Shape, path: Path): Shape[] {
  let nodes = alternatives([root], root);
  for (const segment of path) {
    nodes = alternatives(
      nodes.flatMap((node) => childOf(node, segment)),
      root,
    );
  }
  return nodes;
}

/** Keys that a map of this shape may have; null: any. */
export function knownKeys(nodes: readonly Shape[]): string[] | null {
  const maps = nodes.filter((node) => node.properties !== undefined || node.additionalProperties !== undefined);
  if (
    maps.length === 0 ||
    maps.some((node) => node.additionalProperties !== undefined && node.additionalProperties !== false)
  ) {
    return null;
  }
  return [...new Set(maps.flatMap((node) => Object.keys(node.properties ?? {})))];
}

/** Calls `visit` for every part of a value that the schema describes, parents first. */
export function walkShape(
  value: Json,
  root: Shape,
  visit: (value: Json, nodes: readonly Shape[], path: Path) => void,
): void {
  const walk = (item: Json, nodes: readonly Shape[], path: Path): void => {
    visit(item, nodes, path);
    if (item === null || typeof item !== 'object') return;
    const children: [string | number, Json][] = Array.isArray(item)
      ? item.map((child: Json, index) => [index, child])
      : Object.entries(item);
    for (const [segment, child] of children) {
      const below = alternatives(
        nodes.flatMap((node) => childOf(node, segment)),
        root,
      );
      if (below.length > 0) walk(child, below, [...path, segment]);
    }
  };
  walk(value, alternatives([root], root), []);
}

function childOf(node: Shape, segment: string | number): Shape[] {
  if (typeof segment === 'number') {
    const item = node.prefixItems?.[segment] ?? node.items;
    return item === undefined ? [] : [item];
  }
  if (node.properties !== undefined && Object.hasOwn(node.properties, segment)) return [node.properties[segment] ?? {}];
  return typeof node.additionalProperties === 'object' ? [node.additionalProperties] : [];
}

function alternatives(nodes: readonly Shape[], root: Shape): Shape[] {
  const found = new Set<Shape>();
  const open = [...nodes];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    open.push(...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? []));
    if (node.$ref === '#') open.push(root);
    const definition = root.$defs?.[node.$ref?.replace('#/$defs/', '') ?? ''];
    if (definition !== undefined) open.push(definition);
  }
  return [...found];
}
