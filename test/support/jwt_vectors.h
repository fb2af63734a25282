// SPDX-License-Identifier: MIT
// Public keys and tokens that another implementation made (PyJWT 2.6.0 with cryptography): each
// token says {"jid": "romeo@h", "exp": 4102444800}.
#pragma once

namespace rosterd {

struct JwtVector {
  const char* algorithm;
  const char* pem;
  const char* token;
};

inline constexpr JwtVector kJwtVectors[] = {
    {"RS256",
     "-----BEGIN PUBLIC KEY-----\n"
     "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAvnjcM2qUylve69KZTNT6\n"
     "YRR3CyRa1/D5o49/5Af254LkyeW6r6NkHrMfo/zPcznFZMrojk7Vct5qhp6b1sxL\n"
     "Kx455+/Ef6N1t0KbA1/s64iF+AZhXB5CawHiQt7HhAxJmY+VMcqQRAe3BzE66JUR\n"
     "bou5ca5Zi9lX4ygI6yriYDvHqbFF5f0cMfwJlK24mEJyLquOL0Y2cifthH7LByD9\n"
     "L9NaQXKN/yUbORBsLrknEyoi9otEQyVQ6T0zfW90ybbC+HgZcAT1w+++eVKMUHcv\n"
     "i0Q/eGsSSN2bmKAJbG5d5sPHQaDrV80aktctUkexMuFdEo3UdG9zmuVUNMJ5Y8ar\n"
     "gQIDAQAB\n"
     "-----END PUBLIC KEY-----\n",
     "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJqaWQiOiJyb21lb0BoIiwiZXhwIjo0MTAyNDQ0ODAwfQ.JVVB"
     "1gufhgpcFq1JnvmYBT6H_a2tU6svqKeijjHLT4G9_uBiAan6LBVmmdy9pbwZO9vzY9OTC3ytlyDcNnfu-IBs6_xL"
     "8Gfb3FltphX4AhcW9B0HUcfkPaybJPbxhpJLTh5-0hC_-L7QmKR9PPAVQs4Xe9DY47E8N9eft1v-3rIhTTWwIfTE"
     "7m65bFK9GRx3xwGqktV3P9ux3xcFO0dQM-WLjPStHHK7f-NduLbTe0f_090i0Bt4CUL42zf_Z4JINtI9bq51vSS-"
     "XkFX0G7ukdAHUvCD_gMl0quAohM0jGEhpJByZgU4NJybdxFqoi2BcYev60s1yMz-9_DDmfxbcQ"},
    {"RS384",
     "-----BEGIN PUBLIC KEY-----\n"
     "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAvnjcM2qUylve69KZTNT6\n"
     "YRR3CyRa1/D5o49/5Af254LkyeW6r6NkHrMfo/zPcznFZMrojk7Vct5qhp6b1sxL\n"
     "Kx455+/Ef6N1t0KbA1/s64iF+AZhXB5CawHiQt7HhAxJmY+VMcqQRAe3BzE66JUR\n"
     "bou5ca5Zi9lX4ygI6yriYDvHqbFF5f0cMfwJlK24mEJyLquOL0Y2cifthH7LByD9\n"
     "L9NaQXKN/yUbORBsLrknEyoi9otEQyVQ6T0zfW90ybbC+HgZcAT1w+++eVKMUHcv\n"
     "i0Q/eGsSSN2bmKAJbG5d5sPHQaDrV80aktctUkexMuFdEo3UdG9zmuVUNMJ5Y8ar\n"
     "gQIDAQAB\n"
     "-----END PUBLIC KEY-----\n",
     "eyJhbGciOiJSUzM4NCIsInR5cCI6IkpXVCJ9.eyJqaWQiOiJyb21lb0BoIiwiZXhwIjo0MTAyNDQ0ODAwfQ.igaI"
     "J4wBboDn19KIzZlvEmjoLdhfOOWUhYB1fS0ZWtMI2N1f5TijLvjDL83jPo_rQ_DfMWihhFZWlDmdxXaeH5qPnNZv"
     "1SX18W-TdFXT5KGedf9YEWNwGOAzFhknQzwoeIP-NNMrnSMi4XzHv343O7KSAwhYUFtMd1kFER_uk9FdAg-F3EOm"
     "4Lyix1gkcF756WU2EiKBVdyIrmdVuUp6u9ItBavBpjoHomodJLMvZO5ZM6U07lS5-eHgdF12tEJj35RnNBld8Nme"
     "LintOeRsYyb-yHzgYUr5BW2Iks09SzPIKKc-Sbtj7xVZIUy6hB-zGBhpWbkQ_L9BqkZGvsXpNA"},
    {"RS512",
     "-----BEGIN PUBLIC KEY-----\n"
     "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAvnjcM2qUylve69KZTNT6\n"
     "YRR3CyRa1/D5o49/5Af254LkyeW6r6NkHrMfo/zPcznFZMrojk7Vct5qhp6b1sxL\n"
     "Kx455+/Ef6N1t0KbA1/s64iF+AZhXB5CawHiQt7HhAxJmY+VMcqQRAe3BzE66JUR\n"
     "bou5ca5Zi9lX4ygI6yriYDvHqbFF5f0cMfwJlK24mEJyLquOL0Y2cifthH7LByD9\n"
     "L9NaQXKN/yUbORBsLrknEyoi9otEQyVQ6T0zfW90ybbC+HgZcAT1w+++eVKMUHcv\n"
     "i0Q/eGsSSN2bmKAJbG5d5sPHQaDrV80aktctUkexMuFdEo3UdG9zmuVUNMJ5Y8ar\n"
     "gQIDAQAB\n"
     "-----END PUBLIC KEY-----\n",
     "eyJhbGciOiJSUzUxMiIsInR5cCI6IkpXVCJ9.eyJqaWQiOiJyb21lb0BoIiwiZXhwIjo0MTAyNDQ0ODAwfQ.Tucn"
     "pGQez6Gd5IJRqD1zdn-1f-GEtynP8GM-oTpZ82f8cKeJnl9sHlu09OaTX_kAm1l59F4Z4BI20GnsAeDzxhcSDhZh"
     "iut9aNoEWBF6KJXtlA4zljsL5OwV07LNIXIe_mHC_8Ez-ZpGsosjkNeWK_NrGbm07kYJR7_aV8IsIUHkmgDPuzky"
     "4NHNkJ33eo_fOfq5500TdlY3fhfA36WU37N7Ur0-KVZyTYWPh-eWIOjE6eJKEIwAH4BasqNJT5_GxVcOM4PHDyaV"
     "z07V1M5leTEV6CCEj9mLCiBDL0E1B7t2tt-6QBMJ7Fr3epaxxMitBsvI9yqt0Wd8HUinSkbWBA"},
    {"ES256",
     "-----BEGIN PUBLIC KEY-----\n"
     "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEzgNjMM70UV77HCVYsekhwNTcLp69\n"
     "F7V8lssbq8US42ITdgiy4ZhMv42Jwfp62YCH8J34rfCu+mGNmb2MsdapLQ==\n"
     "-----END PUBLIC KEY-----\n",
     "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJqaWQiOiJyb21lb0BoIiwiZXhwIjo0MTAyNDQ0ODAwfQ.goRe"
     "-JmZVp1qjgTd0hG8uBNfE8pS7e7rWexzYbi4j-_vI03Wk1I7g2AFNiuxCs_ZnA_0qszDkcBvmaQ09NdNNw"},
    {"ES384",
     "-----BEGIN PUBLIC KEY-----\n"
     "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEAj3SNfhntBgYIAVVvYBJ/w2zd7CElbQW\n"
     "G34HOUDgNriSqkvyxhyS7Yhpq+rh/cz6mN02U33rZ+0NWfOIx/VKuJnfi4GoVOjm\n"
     "9DifLGnhPw8ekShJv6hfk5qnTCveh/5g\n"
     "-----END PUBLIC KEY-----\n",
     "eyJhbGciOiJFUzM4NCIsInR5cCI6IkpXVCJ9.eyJqaWQiOiJyb21lb0BoIiwiZXhwIjo0MTAyNDQ0ODAwfQ.LCXx"
     "O1kRNEt-0wpWWFWoIPw8dG4s4E4sglo1CtRqwhRQHg_NewRMNtwzhd6iRg1blVRkI9IfDYvHD0WB6i3K4xDWOlXj"
     "21Bh7IfWONcj9QMwzQoLIa8ZNfujouWDXWDG"},
    {"ES512",
     "-----BEGIN PUBLIC KEY-----\n"
     "MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQANOuG0vecqFd+N/B4obRWRa8bfH/F\n"
     "OA6TdWhgZuuuxQbSCvuzmZLkIsgGtGuTYXqEuUMttO04WBEB7hYPWtCHc9IALYsH\n"
     "Iqn40QwypCJPDT7Zg64e2iIljOnSyudJRoukZwNc7gJFTy6mRTp0l6Sg5ZIa7HE+\n"
     "Jxy0KabewIEdY+/BZVk=\n"
     "-----END PUBLIC KEY-----\n",
     "eyJhbGciOiJFUzUxMiIsInR5cCI6IkpXVCJ9.eyJqaWQiOiJyb21lb0BoIiwiZXhwIjo0MTAyNDQ0ODAwfQ.AeLr"
     "ie984ax1z9-ck4vdwgZDHIkQyRLk-BAXRfkKYO97L78JDxUuWn35VQN_iWfjr7eLWr_OgFH5H3nhOdAuHjoeAXqu"
     "-CisDV7MnyFDCZEz2IaFGdI0hKLozrUgWQPS9c1gLWc3_iafLKtUSeBuP0WKh1FiXn4c_khqQsowQptoGGXq"},
    {"EdDSA",
     "-----BEGIN PUBLIC KEY-----\n"
     "MCowBQYDK2VwAyEAJjXZIkaZYt7RqQIbsZZiFfBE+WvgEvaqRx+ABonlf8k=\n"
     "-----END PUBLIC KEY-----\n",
     "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJqaWQiOiJyb21lb0BoIiwiZXhwIjo0MTAyNDQ0ODAwfQ.qd9z"
     "Kc_BNugAHf3qiC8dleC-GCeKKqqTsxnfER6AyT1OQQ9793FTayO5wSeNXMS3RgcIZvAZfz8EjbM-RBxbCw"},
};

// The same by a secret of 64 bytes.
inline constexpr JwtVector kSecretVectors[] = {
    {"HS256", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
     "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJqaWQiOiJyb21lb0BoIiwiZXhwIjo0MTAyNDQ0ODAwfQ.6mFd"
     "YHkW1_6gaFMTo6y31Fc6KruIiMPHM3vtpdRmPRY"},
    {"HS384", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
     "eyJhbGciOiJIUzM4NCIsInR5cCI6IkpXVCJ9.eyJqaWQiOiJyb21lb0BoIiwiZXhwIjo0MTAyNDQ0ODAwfQ.Rq6v"
     "ytaoxmZpN8Se-7Ltp3qVmeHxOAf0vJsTMRuq--WWBD5Bn-zXz7AQfqjDIsUk"},
    {"HS512", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
     "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.eyJqaWQiOiJyb21lb0BoIiwiZXhwIjo0MTAyNDQ0ODAwfQ.6D1w"
     "fTRuqvJCppFzDza1R9BYjy54H6-I1Irb5WNN2IEFaF2QFRLGn8J_VFmPr3duzweXHmWY6koNcPZZDHYEUA"},
};

// Of 1,024 bits.
inline constexpr const char* kSmallRsaPem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCviXPBEnPMbZavbJbNgIUGr4YB\n"
    "tUvq6fTAPulbu4K775pP3IRFKrtiUJaszaROmIUKyMEURqN4w6OOleDvQYS504b+\n"
    "ywT7F+pgxfyKUoANC4Gv/w2zSB6cwVFGzowQImRqNejkAXfaAFPLUyTeP5mcDAFw\n"
    "PqpEgqtE6hh2uHyTTwIDAQAB\n"
    "-----END PUBLIC KEY-----\n";

// With the key of the ES256 token.
inline constexpr const char* kCertificatePem =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBcjCCARegAwIBAgIUKsOg+69bDyAgsEg3Rwr8svQ3qnswCgYIKoZIzj0EAwIw\n"
    "DjEMMAoGA1UEAwwDYXBwMB4XDTI2MTEyNjE0MjA0NVoXDTM2MTEyMzE0MjA0NVow\n"
    "DjEMMAoGA1UEAwwDYXBwMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEzgNjMM70\n"
    "UV77HCVYsekhwNTcLp69F7V8lssbq8US42ITdgiy4ZhMv42Jwfp62YCH8J34rfCu\n"
    "+mGNmb2MsdapLaNTMFEwHQYDVR0OBBYEFERsWBSU70drL+GTqkN3RnFutOoHMB8G\n"
    "A1UdIwQYMBaAFERsWBSU70drL+GTqkN3RnFutOoHMA8GA1UdEwEB/wQFMAMBAf8w\n"
    "CgYIKoZIzj0EAwIDSQAwRgIhAMn1lGSMPNCycmzGBh6L+Y4/egEl6T5OO+Kxjwsx\n"
    "vTvPAiEA3RPlnS/MBTYGw6LUYlodk/ktdI7mYNbi+t/ovoXal40=\n"
    "-----END CERTIFICATE-----\n";

// Of the curve secp256k1.
inline constexpr const char* kOtherCurvePem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAE3UcRAFCknOgEw4U6yasZwhUJ46EeL/S5\n"
    "CBkzx2aoOVVvng98rKx4RU31+0OeNp97DqYGk/PXC6t7CxBn4OCg4Q==\n"
    "-----END PUBLIC KEY-----\n";

}  // namespace rosterd
