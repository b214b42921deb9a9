#!/usr/bin/env node
/**
 * The command line, with a thread for each statement that may run at a time: DuckDB keeps one of libuv's as long as it computes, of which
 * there are four unless it is said before anything uses one. CommonJS, for Node reads modules with them.
 */
process.env["UV_THREADPOOL_SIZE"] ??= "128";
void import("./main.js");
