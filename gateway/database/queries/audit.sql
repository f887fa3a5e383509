-- ProviderComplianceAt counts the contracts of the client on which the person is a
-- compliance officer of the provider.
-- name: ProviderComplianceAt :one
SELECT COUNT(*) FROM membership m JOIN contract c ON c.id = m.contract
WHERE m.person = $1 AND c.client = $2 AND m.role = 'provider-compliance'
    AND m.valid_from <= sqlc.arg(now) AND m.valid_until > sqlc.arg(now);

-- PersonName is a person's name, to show beside an identifier. It is empty once it is
-- erased. It takes no lock.
-- name: PersonName :one
SELECT name, organisation FROM person WHERE id = $1;
