import CHiredis

extension RedisReply {
    /// Copies a reply out of hiredis, which frees its own after the callback.
    init(_ reply: redisReply) {
        switch reply.type {
        case REDIS_REPLY_STRING, Int32(chiredis_reply_double), Int32(chiredis_reply_big_number),
            Int32(chiredis_reply_verbatim):
            self = .string(Self.bytes(of: reply))
        case REDIS_REPLY_INTEGER, Int32(chiredis_reply_bool):
            self = .integer(Int(reply.integer))
        case REDIS_REPLY_STATUS:
            self = .status(String(decoding: Self.bytes(of: reply), as: UTF8.self))
        case REDIS_REPLY_ERROR:
            let (code, message) = RedisError.split(String(decoding: Self.bytes(of: reply), as: UTF8.self))
            self = .error(code: code, message: message)
        case REDIS_REPLY_ARRAY, Int32(chiredis_reply_map), Int32(chiredis_reply_set),
            Int32(chiredis_reply_attribute), Int32(chiredis_reply_push):
            self = .array(Self.elements(of: reply))
        default:
            self = .null
        }
    }

    private static func bytes(of reply: redisReply) -> [UInt8] {
        guard let text = reply.str else { return [] }
        return Array(UnsafeRawBufferPointer(start: text, count: reply.len))
    }

    private static func elements(of reply: redisReply) -> [RedisReply] {
        guard let elements = reply.element else { return [] }
        return UnsafeBufferPointer(start: elements, count: reply.elements).map { element in
            element.map { RedisReply($0.pointee) } ?? .null
        }
    }
}
