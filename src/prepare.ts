/** The last step of the build: what a program's start need not do. */
import { writeVoidFile } from "./query/void-catalog.js";

await writeVoidFile();
