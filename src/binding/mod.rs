//! binding.
