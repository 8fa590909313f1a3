using Galvani.Checkpoints.Writing;

namespace Galvani.Checkpoints.Numpy;

/// <summary>Writes a float32 <c>.npy</c> matrix whose number of rows is known only when the last one is written; the rows pass through once.</summary>
public static class NpyRowFile
{
    private const string TypeCode = "f4";

    /// <summary>Writes a file, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="width">The columns.</param>
    /// <param name="writeRows">Writes the rows to the stream, row-major and little endian, and returns their number.</param>
    /// <exception cref="ArgumentOutOfRangeException">The width is not positive.</exception>
    /// <exception cref="InvalidOperationException">The bytes written are not so many rows; no file is left.</exception>
    /// <exception cref="IOException">The file cannot be written; nothing is left behind.</exception>
    public static void Write(string path, int width, Func<Stream, long> writeRows)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentNullException.ThrowIfNull(writeRows);
        AtomicFile.Write(path, stream =>
        {
            // A header of two sizes is padded to 128 bytes whatever their digits, so the right one fits over the first.
            NpyFile.WriteHeader(stream, TypeCode, [0, width]);
            var headerBytes = stream.Position;
            var count = writeRows(stream);
            var rowBytes = stream.Position - headerBytes;
            if (rowBytes != checked(count * width * sizeof(float)))
                throw new InvalidOperationException($"{rowBytes} bytes were written, expected {count} rows of {width} float32 numbers. {path}.");
            stream.Position = 0;
            NpyFile.WriteHeader(stream, TypeCode, [count, width]);
        });
    }
}
