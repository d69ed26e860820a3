"""Events made for tests of the contract between the services: generated, collected, and given to real consumers."""
