using Galvani.Checkpoints.Writing;

namespace Galvani.Checkpoints.Numpy;

/// <summary>Writes a float32 <c>.npy</c> matrix whose number of rows is known only when the last one is written; the rows come in any order and pass through once.</summary>
public static class NpyRowFile
{
    private const string TypeCode = "f4";

    /// <summary>Writes a file, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="width">The columns.</param>
    /// <param name="writeRows">Writes the rows, each once, by any number of threads that have ended when it returns, and returns their number.</param>
    /// <exception cref="ArgumentOutOfRangeException">The width is not positive.</exception>
    /// <exception cref="InvalidOperationException">The bytes written are not so many rows; no file is left.</exception>
    /// <exception cref="IOException">The file cannot be written; nothing is left behind.</exception>
    public static void Write(string path, int width, Func<NpyRows, long> writeRows)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentNullException.ThrowIfNull(writeRows);
        AtomicFile.WriteFile(path, stream =>
        {
            // A header of two sizes is padded to 128 bytes whatever their digits, so its place is known before its content.
            var rows = new NpyRows(stream.SafeFileHandle, Header(0, width).Length, width);
            long count;
            try
            {
                count = writeRows(rows);
            }
            finally
            {
                rows.Wait();
            }

            var rowBytes = rows.WrittenBytes;
            if (rowBytes != checked(count * width * sizeof(float)))
                throw new InvalidOperationException($"{rowBytes} bytes were written, expected {count} rows of {width} float32 numbers. {path}.");
            RandomAccess.Write(stream.SafeFileHandle, Header(count, width), fileOffset: 0);
        });
    }

    private static byte[] Header(long count, int width)
    {
        using var header = new MemoryStream();
        NpyFile.WriteHeader(header, TypeCode, [count, width]);
        return header.ToArray();
    }
}
