/** How the transaction under way runs, or the one a statement alone will be. */
import type { Settings } from "./settings.js";
import type { SessionTransactions } from "./transactions.js";

export function transactionMode(
  { settings, transactions }: { readonly settings: Settings; readonly transactions: SessionTransactions },
  mode: "isolation" | "read_only",
): string {
  return settings.get(transactions.inBlock ? `transaction_${mode}` : `default_transaction_${mode}`);
}
