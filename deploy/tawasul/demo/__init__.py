"""The demonstration: the sample country is loaded and its sample submissions travel their whole way."""
