/** A map by text that forgets what was not asked for longest. */
export class LruCache<Value> {
  private readonly size: number;
  /** In order of use, the least recent first. */
  private readonly entries = new Map<string, Value>();

  /** `size` entries at most; 0 keeps nothing. */
  constructor(size: number) {
    this.size = size;
  }

  get(key: string): Value | undefined {
    const value = this.entries.get(key);
    if (value === undefined) return undefined;
    this.entries.delete(key);
    this.entries.set(key, value);
    return value;
  }

  set(key: string, value: Value): void {
    this.entries.delete(key);
    this.entries.set(key, value);
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= this.size) return;
      this.entries.delete(oldest);
    }
  }
}
