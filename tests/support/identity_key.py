"""The key that pseudonyms are made with in every test."""

ID_KEY = "a key that is the same in every test"
