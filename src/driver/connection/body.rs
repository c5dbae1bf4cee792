//! The body of an answer, and what reads it.

use super::super::hasher::BUFFER_SIZE;
use js_sys::{Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    ReadableStream, ReadableStreamByobReader, ReadableStreamDefaultReader,
    ReadableStreamGetReaderOptions, ReadableStreamReaderMode,
};

/// A body, from which the start may have been read.
#[derive(Default)]
pub(super) struct Body {
    /// `None` for an answer without a body.
    reader: Option<Reader>,
    /// Read with what was compared, and not written yet.
    pub(super) ahead: Option<Uint8Array>,
}

impl Body {
    pub(super) fn of(stream: &ReadableStream) -> Result<Self, JsValue> {
        Ok(Self { reader: Some(Reader::of(stream)?), ahead: None })
    }

    /// Reads on, at most so many bytes where the reader takes our buffer.
    pub(super) fn read(&self, most: u64) -> Option<JsFuture> {
        self.reader.as_ref().map(|reader| reader.read(most))
    }

    /// Whether its chunks come in buffers that were handed in.
    pub(super) const fn brings_our_buffers(&self) -> bool {
        matches!(self.reader, Some(Reader::Byob { .. }))
    }

    /// Hands in the buffer of an array for the next chunk, where the reader takes any.
    pub(super) fn read_into(&mut self, array: &Uint8Array) {
        if let Some(Reader::Byob { buffer, .. }) = &mut self.reader {
            *buffer = Uint8Array::new(&array.buffer());
        }
    }

    pub(super) fn take(&mut self, result: &JsValue) -> Result<Option<Uint8Array>, JsValue> {
        self.reader.as_mut().map_or(Ok(None), |reader| reader.take(result))
    }
}

/// A body's reader: one that fills our buffer where the stream can, else one that brings its own.
enum Reader {
    Byob { reader: ReadableStreamByobReader, buffer: Uint8Array },
    Default(ReadableStreamDefaultReader),
}

impl Reader {
    fn of(body: &ReadableStream) -> Result<Self, JsValue> {
        let options = ReadableStreamGetReaderOptions::new();
        options.set_mode(ReadableStreamReaderMode::Byob);
        match body.dyn_ref::<Streaming>() {
            Some(stream) => match stream.get_reader(&options) {
                Ok(reader) => Ok(Self::Byob {
                    reader: reader.unchecked_into(),
                    buffer: Uint8Array::new_with_length(BUFFER_SIZE),
                }),
                Err(_) => Ok(Self::Default(stream.get_default_reader()?.unchecked_into())),
            },
            None => Err(JsValue::UNDEFINED),
        }
    }

    fn read(&self, most: u64) -> JsFuture {
        match self {
            Self::Byob { reader, buffer } => {
                let most = u32::try_from(most).unwrap_or(u32::MAX).min(buffer.length());
                let view = buffer.subarray(0, most);
                JsFuture::from(reader.read_with_array_buffer_view(&view))
            }
            Self::Default(reader) => JsFuture::from(reader.read()),
        }
    }

    /// The chunk in the result of a read; `None` at the end of the body.
    fn take(&mut self, result: &JsValue) -> Result<Option<Uint8Array>, JsValue> {
        if Reflect::get(result, &"done".into())?.is_truthy() {
            return Ok(None);
        }
        let chunk = Reflect::get(result, &"value".into())?.dyn_into::<Uint8Array>()?;
        if let Self::Byob { buffer, .. } = self {
            // The buffer came back with the chunk; the one that was handed in is detached.
            *buffer = Uint8Array::new(&chunk.buffer());
        }
        Ok(Some(chunk))
    }
}

#[wasm_bindgen]
extern "C" {
    /// A stream whose `getReader` may refuse: web-sys binds it as one that cannot.
    #[wasm_bindgen(js_name = ReadableStream)]
    type Streaming;
    #[wasm_bindgen(method, catch, js_name = getReader)]
    fn get_reader(
        this: &Streaming,
        options: &ReadableStreamGetReaderOptions,
    ) -> Result<Object, JsValue>;
    #[wasm_bindgen(method, catch, js_name = getReader)]
    fn get_default_reader(this: &Streaming) -> Result<Object, JsValue>;
}
