-- Which record an object in HubSpot is of: where HubSpot cannot tell two alike activities apart, the ledger does.
CREATE INDEX ledger_of_object ON ledger (workspace, object_id) WHERE object_id IS NOT NULL;
