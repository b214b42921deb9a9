export declare const MUTATIONS: readonly {
  readonly name: string;
  readonly file: string;
  /** What is there once, and what it becomes. */
  readonly from: string;
  readonly to: string;
}[];
