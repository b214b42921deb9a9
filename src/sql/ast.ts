/**
 * PostgreSQL's syntax tree as data from outside: plain objects whose fields are looked at one by one. A node is wrapped
 * in an object with one key, its type: `{ RangeVar: { relname: "t", … } }`; some fields hold the bare node.
 */

export type AstNode = Readonly<Record<string, unknown>>;

export function isNode(value: unknown): value is AstNode {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function nodeField(node: AstNode, field: string): AstNode | undefined {
  const value = node[field];
  return isNode(value) ? value : undefined;
}

export function listField(node: AstNode, field: string): readonly AstNode[] {
  const value = node[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** Absent and empty texts are the same in this tree. */
export function textField(node: AstNode, field: string): string {
  const value = node[field];
  return typeof value === "string" ? value : "";
}

/** The byte offset of a node. The tree leaves out 0; -1 means that there is none. */
export function locationOf(node: AstNode): number {
  const value = node["location"];
  return typeof value === "number" ? value : 0;
}

export function flagField(node: AstNode, field: string): boolean {
  return node[field] === true;
}

/** Takes a wrapped node apart. */
export function unwrap(value: unknown): { readonly type: string; readonly node: AstNode } | undefined {
  if (!isNode(value)) return undefined;
  const keys = Object.keys(value);
  const type = keys[0];
  if (keys.length !== 1 || type === undefined || !/^[A-Z]/.test(type)) return undefined;
  const node = value[type];
  return isNode(node) ? { type, node } : undefined;
}

/** The bare node of one type, wrapped or not found. */
export function unwrapAs(value: unknown, type: string): AstNode | undefined {
  const wrapped = unwrap(value);
  return wrapped?.type === type ? wrapped.node : undefined;
}

/** `[{ String: { sval } }, …]` as texts; other nodes in the list are left out. */
export function stringList(node: AstNode, field: string): string[] {
  return listField(node, field).flatMap((item) => {
    const text = unwrapAs(item, "String");
    return text === undefined ? [] : [textField(text, "sval")];
  });
}

/** Calls back for every node below a value, parents first, with its type ("" for a bare field). */
export function visitAll(value: unknown, visit: (type: string, node: AstNode) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) visitAll(item, visit);
    return;
  }
  if (!isNode(value)) return;
  const wrapped = unwrap(value);
  const node = wrapped?.node ?? value;
  visit(wrapped?.type ?? "", node);
  for (const child of Object.values(node)) visitAll(child, visit);
}
