"""Why a result's period is what it is: what limits it, what each relief would bring, and where its gap comes from."""
