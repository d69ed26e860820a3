"""The record of each entity: counted, summed, published, shown."""
