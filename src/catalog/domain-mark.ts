/** What the label of a domain begins with. */
export const DOMAIN_MARK = '{"duckbranch_domain":';
