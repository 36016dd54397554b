//! The port, for a type that has an adapter and adds only how it is made.

/// Implements `StorageBackend` for a type by its field `adapter`.
macro_rules! storage_by_adapter {
    ($type:ty) => {
        #[async_trait::async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl lithops_core::ports::StorageBackend for $type {
            fn location(&self) -> lithops_core::ports::StorageLocation {
                self.adapter.location()
            }

            async fn capability(
                &self,
            ) -> Result<lithops_core::ports::StorageCapability, lithops_core::ports::StorageError>
            {
                self.adapter.capability().await
            }

            async fn put(
                &self,
                key: &str,
                body: bytes::Bytes,
                mode: lithops_core::ports::PutMode,
            ) -> Result<(), lithops_core::ports::StorageError> {
                self.adapter.put(key, body, mode).await
            }

            async fn put_stream(
                &self,
                key: &str,
                body: lithops_core::ports::ByteStream,
            ) -> Result<u64, lithops_core::ports::StorageError> {
                self.adapter.put_stream(key, body).await
            }

            async fn get(
                &self,
                key: &str,
            ) -> Result<bytes::Bytes, lithops_core::ports::StorageError> {
                self.adapter.get(key).await
            }

            async fn get_range(
                &self,
                key: &str,
                range: std::ops::Range<u64>,
            ) -> Result<bytes::Bytes, lithops_core::ports::StorageError> {
                self.adapter.get_range(key, range).await
            }

            async fn get_stream(
                &self,
                key: &str,
                range: Option<std::ops::Range<u64>>,
            ) -> Result<lithops_core::ports::ObjectStream, lithops_core::ports::StorageError> {
                self.adapter.get_stream(key, range).await
            }

            async fn head(
                &self,
                key: &str,
            ) -> Result<lithops_core::ports::ObjectMeta, lithops_core::ports::StorageError> {
                self.adapter.head(key).await
            }

            async fn list(
                &self,
                prefix: &str,
                after: Option<&str>,
            ) -> Result<lithops_core::ports::ListPage, lithops_core::ports::StorageError> {
                self.adapter.list(prefix, after).await
            }

            async fn delete(
                &self,
                keys: &[String],
            ) -> Result<(), lithops_core::ports::StorageError> {
                self.adapter.delete(keys).await
            }

            async fn copy(
                &self,
                from: &str,
                to: &str,
            ) -> Result<(), lithops_core::ports::StorageError> {
                self.adapter.copy(from, to).await
            }

            async fn presign(
                &self,
                key: &str,
                access: lithops_core::ports::Access,
                valid_for: std::time::Duration,
            ) -> Result<String, lithops_core::ports::StorageError> {
                self.adapter.presign(key, access, valid_for).await
            }
        }
    };
}

pub(crate) use storage_by_adapter;
