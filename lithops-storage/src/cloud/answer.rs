//! What a server said, read out of an error.

/// What a server said to a request that was refused.
///
/// `object_store` keeps it inside an error of a type that it does not show, so it is read out of
/// that error's text: `... non-2xx status code: 404 Not Found: <Error><Code>...`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: Option<u16>,
    /// The text between `<Code>` and `</Code>`, as all three clouds write it.
    pub(crate) code: String,
}

impl Answer {
    pub(crate) fn of(error: &(dyn std::error::Error + 'static)) -> Self {
        Self::read(&error.to_string())
    }

    pub(crate) fn read(text: &str) -> Self {
        let status = text.split_once("status code: ").and_then(|(_, rest)| rest.get(..3));
        let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
        Self {
            status: status.and_then(|status| status.parse().ok()),
            code: code.map(|(code, _)| code.to_owned()).unwrap_or_default(),
        }
    }
}

/// What a server repeats of a request whose signature it does not accept: a session's token, too.
const REPEATED: [&str; 6] = [
    "StringToSign",
    "StringToSignBytes",
    "CanonicalRequest",
    "CanonicalRequestBytes",
    "SignatureProvided",
    "AWSAccessKeyId",
];

/// An error's text without what the server repeated of the request.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Shortened(String);

/// Takes out of an error what nobody else should read.
pub(crate) fn without_signature(
    error: Box<dyn std::error::Error + Send + Sync>,
) -> Box<dyn std::error::Error + Send + Sync> {
    let mut text = error.to_string();
    let mut found = false;
    for name in REPEATED {
        let (opening, closing) = (format!("<{name}>"), format!("</{name}>"));
        while let Some(start) = text.find(&opening) {
            let end =
                text[start..].find(&closing).map_or(text.len(), |at| start + at + closing.len());
            text.replace_range(start..end, "");
            found = true;
        }
    }
    if found { Box::new(Shortened(text)) } else { error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_repeats_of_a_request_is_not_passed_on() {
        let text = "status code: 403: <Error><Code>SignatureDoesNotMatch</Code><CanonicalRequest>GET\n\
                    x-amz-security-token:TOKEN</CanonicalRequest><StringToSign>TOKEN</Error>";
        let error = without_signature(text.into());
        assert_eq!(
            error.to_string(),
            "status code: 403: <Error><Code>SignatureDoesNotMatch</Code>"
        );
        assert!(!format!("{error:?}").contains("TOKEN"));
    }

    #[test]
    fn an_answer_is_read_out_of_the_text_of_an_error() {
        let text = "Error performing GET http://127.0.0.1/b/k in 1ms - Server returned non-2xx \
                    status code: 404 Not Found: <Error><Code>NoSuchBucket</Code></Error>";
        let expected = Answer { status: Some(404), code: "NoSuchBucket".to_owned() };
        assert_eq!(Answer::read(text), expected);
        assert_eq!(Answer::read("connection refused"), Answer::default());
    }
}
