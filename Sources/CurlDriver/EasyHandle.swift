import CLibcurl

/// One of libcurl's easy handles with the memory it points into. It is reset and used again; the connections
/// themselves live in the multi handle.
///
/// It belongs to the engine's thread.
final class EasyHandle {
    let raw: UnsafeMutableRawPointer
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    init?() {
        guard let raw = curl_easy_init() else { return nil }
        self.raw = raw
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_easy_cleanup(raw)
        curl_slist_free_all(headerList)
        errorText.deallocate()
    }

    /// What libcurl said about the last failure; empty if nothing.
    var detail: String {
        String(cString: errorText)
    }

    /// Forgets all options and keeps nothing of the last request.
    func reset() {
        curl_easy_reset(raw)
        curl_slist_free_all(headerList)
        headerList = nil
        errorText[0] = 0
    }

    /// Lets failures leave their text in `detail`.
    func recordErrors() throws(CurlFailure) {
        try set(CURLOPT_ERRORBUFFER, pointer: errorText)
    }

    /// Replaces the header list; libcurl reads it during the transfer.
    func set(headers: [String]) throws(CurlFailure) {
        for header in headers {
            guard let list = curl_slist_append(headerList, header) else {
                throw CurlFailure(code: CURLE_OUT_OF_MEMORY)
            }
            headerList = list
        }
        try check(curl_driver_set_pointer(raw, CURLOPT_HTTPHEADER, headerList))
    }

    func set(_ option: CURLoption, _ value: Int) throws(CurlFailure) {
        try check(curl_driver_set_long(raw, option, value))
    }

    func set(_ option: CURLoption, size: Int) throws(CurlFailure) {
        try check(curl_driver_set_size(raw, option, curl_off_t(size)))
    }

    func set(_ option: CURLoption, _ value: String) throws(CurlFailure) {
        try check(curl_driver_set_string(raw, option, value))
    }

    func set(_ option: CURLoption, pointer: UnsafeMutableRawPointer) throws(CurlFailure) {
        try check(curl_driver_set_pointer(raw, option, pointer))
    }

    func set(_ option: CURLoption, callback: @escaping curl_driver_data_callback) throws(CurlFailure) {
        try check(curl_driver_set_callback(raw, option, callback))
    }

    /// Copies the bytes, so that no pointer into a Swift array outlives its scope.
    func set(body: [UInt8]) throws(CurlFailure) {
        try set(CURLOPT_POSTFIELDSIZE_LARGE, size: body.count)
        guard !body.isEmpty else { return try set(CURLOPT_COPYPOSTFIELDS, "") }
        let code = body.withUnsafeBytes { bytes in
            curl_driver_set_string(raw, CURLOPT_COPYPOSTFIELDS, bytes.bindMemory(to: CChar.self).baseAddress)
        }
        try check(code)
    }

    func number(_ info: CURLINFO) -> Int {
        curl_driver_info_long(raw, info)
    }

    func size(_ info: CURLINFO) -> Int {
        Int(curl_driver_info_size(raw, info))
    }

    /// One of the `..._TIME_T` values, which are in microseconds.
    func duration(_ info: CURLINFO) -> Duration {
        .microseconds(size(info))
    }

    private func check(_ code: CURLcode) throws(CurlFailure) {
        guard code == CURLE_OK else { throw CurlFailure(code: code) }
    }
}

/// libcurl refused an option.
struct CurlFailure: Error {
    var code: CURLcode
}
