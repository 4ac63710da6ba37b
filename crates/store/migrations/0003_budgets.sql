-- What was spent of the allowances of HubSpot accounts, for a restart.

CREATE TABLE budgets (
    account TEXT PRIMARY KEY,
    body TEXT NOT NULL
);
